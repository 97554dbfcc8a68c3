"""The same training and sampling, faster: `lab train --fast`, `lab chat --fast`."""
