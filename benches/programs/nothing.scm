; How long a start takes.
(display 1)
(newline)
