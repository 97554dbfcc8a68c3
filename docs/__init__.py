"""The site: its pages in `ko` and `en`, and in `build` the modules that write what the pages show."""
