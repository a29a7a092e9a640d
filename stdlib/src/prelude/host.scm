; Effects of the host: what leaves the image once its request is durable. A request is a pair of its
; identity and of the opening in which it was made. If the image was opened again before there was an
; answer, nobody knows whether the host had done it.

(define (%host-effect name arguments)
  (let ((request (%host-request name)))
    (await-commit)
    (%host-check-doubt request name)
    (%apply %host-call (cons name (cons (car request) arguments)))))
