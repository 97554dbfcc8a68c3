import numpy


def width_of(lists):
    return max(len(one) for one in lists)


def filled(height, width, value):
    return numpy.tile(numpy.int64(value), (height, width))


def shuffled(rows):
    copy = numpy.array(rows)
    numpy.random.shuffle(copy)
    return copy


def chunks(rows, size):
    count = len(rows) // size
    return rows[: count * size].reshape(count, size, rows.shape[1])
