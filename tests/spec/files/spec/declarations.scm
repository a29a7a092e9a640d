(begin (define answer 42))
(export extra)
