; R7RS 6.3: booleans.
(list #t #f '#f #true #false) ;=> (#t #f #f #t #f)
(not 3) ;=> #f
(not (list 3)) ;=> #f
(not #f) ;=> #t
(not '()) ;=> #f
(not (list)) ;=> #f
(not 'nil) ;=> #f
(not 0) ;=> #f
(not "") ;=> #f
(not #t) ;=> #f
(boolean? #f) ;=> #t
(boolean? #t) ;=> #t
(boolean? 0) ;=> #f
(boolean? '()) ;=> #f
(boolean? 'true) ;=> #f
(boolean? "#t") ;=> #f
(boolean=? #t #t) ;=> #t
(boolean=? #f #f) ;=> #t
(boolean=? #t #f) ;=> #f
(boolean=? #t #t #t) ;=> #t
(boolean=? #f #f #t) ;=> #f
(boolean=? #f #f #f #f) ;=> #t
(guard (e (#t 'wrong-type)) (boolean=? 1 1)) ;=> wrong-type
(guard (e (#t 'wrong-type)) (boolean=? #t #t 5)) ;=> wrong-type
(guard (e (#t 'wrong-type)) (boolean=? #t #f 5)) ;=> wrong-type
