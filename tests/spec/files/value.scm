'(value of the file)
