; What begins those who wait for a commit without a number is something else.
;!copy-root 0x54
