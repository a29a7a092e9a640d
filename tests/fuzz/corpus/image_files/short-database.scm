(let loop ((i 0)) (loop (+ i 1)))
;! cut 1 1
