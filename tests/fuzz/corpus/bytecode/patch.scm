(define(n)(lambda()((y))))((5))(define(i)(((c))(0)))((0))(define(r)(e))((e))
;!insert 0 13 9
