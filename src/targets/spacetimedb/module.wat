;; The database that powercut publishes: three tables and their reducers, written by hand so that no Rust toolchain for
;; WebAssembly is needed. scripts/build-spacetimedb-module.mjs assembles it to module.wasm and puts the module's definition
;; (tables, indexes, reducers, in that order) where @definition stands.
;;
;; Memory. 0x010 arguments of the reducer · 0x040 a row to write · 0x080 lower, 0x0a0 upper bound of a scan · 0x100 the row that a
;; scan found · 0x200 a row of `elements` (0x208: arguments, read in place) · 0x300 lengths in and out (the host refuses the null
;; pointer) · 0x310 ids in and out · 0x320 names and messages · 0x400 the definition.
(module
  (import "spacetime_10.0" "bytes_sink_write" (func $write_sink (param i32 i32 i32) (result i32)))
  (import "spacetime_10.0" "bytes_source_read" (func $read_source (param i32 i32 i32) (result i32)))
  (import "spacetime_10.0" "table_id_from_name" (func $table_id (param i32 i32 i32) (result i32)))
  (import "spacetime_10.0" "index_id_from_name" (func $index_id (param i32 i32 i32) (result i32)))
  (import "spacetime_10.0" "datastore_index_scan_range_bsatn"
    (func $scan (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "spacetime_10.0" "row_iter_bsatn_advance" (func $advance (param i32 i32 i32) (result i32)))
  (import "spacetime_10.0" "row_iter_bsatn_close" (func $close (param i32) (result i32)))
  (import "spacetime_10.0" "datastore_insert_bsatn" (func $insert (param i32 i32 i32) (result i32)))
  (import "spacetime_10.0" "datastore_update_bsatn" (func $update (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)

  (data (i32.const 0x320) "kv")
  (data (i32.const 0x322) "el")
  (data (i32.const 0x324) "elements")
  (data (i32.const 0x330) "kv_k_idx_btree")
  (data (i32.const 0x340) "no such key")
  (data (i32.const 0x350) "cas mismatch")
  (data (i32.const 0x360) "insufficient funds")
  (data (i32.const 0x400) "@definition")

  ;; The sink of the running reducer's error.
  (global $error_sink (mut i32) (i32.const 0))

  (func (export "__describe_module__") (param $sink i32)
    (i32.store (i32.const 0x300) (i32.const @definition-length))
    (drop (call $write_sink (local.get $sink) (i32.const 0x400) (i32.const 0x300))))

  ;; A refusal of the host is a fault of this module, except for constraints: either way the transaction rolls back.
  (func $must (param $code i32)
    (if (local.get $code) (then unreachable)))

  (func $table (param $name i32) (param $length i32) (result i32)
    (call $must (call $table_id (local.get $name) (local.get $length) (i32.const 0x310)))
    (i32.load (i32.const 0x310)))
  (func $kv (result i32) (call $table (i32.const 0x320) (i32.const 2)))
  (func $kv_by_k (result i32)
    (call $must (call $index_id (i32.const 0x330) (i32.const 14) (i32.const 0x310)))
    (i32.load (i32.const 0x310)))

  ;; Ends a reducer as failed, with a message.
  (func $fail (param $message i32) (param $length i32) (result i32)
    (i32.store (i32.const 0x300) (local.get $length))
    (drop (call $write_sink (global.get $error_sink) (local.get $message) (i32.const 0x300)))
    (i32.const 1))

  ;; Whether kv has the key; its row is at 0x100 then, its value at 0x108.
  (func $find (param $k i64) (result i32) (local $rows i32) (local $more i32)
    (i32.store8 (i32.const 0x80) (i32.const 0)) (i64.store (i32.const 0x81) (local.get $k))
    (i32.store8 (i32.const 0xa0) (i32.const 0)) (i64.store (i32.const 0xa1) (local.get $k))
    (call $must (call $scan (call $kv_by_k) (i32.const 0x80) (i32.const 0) (i32.const 0)
      (i32.const 0x80) (i32.const 9) (i32.const 0xa0) (i32.const 9) (i32.const 0x310)))
    (local.set $rows (i32.load (i32.const 0x310)))
    (i32.store (i32.const 0x300) (i32.const 0x100))
    (local.set $more (call $advance (local.get $rows) (i32.const 0x100) (i32.const 0x300)))
    (if (i32.eqz (local.get $more)) (then (drop (call $close (local.get $rows)))))
    (i32.ge_u (i32.load (i32.const 0x300)) (i32.const 16)))

  (func $put (param $k i64) (param $v i64) (local $known i32)
    (local.set $known (call $find (local.get $k)))
    (i64.store (i32.const 0x40) (local.get $k))
    (i64.store (i32.const 0x48) (local.get $v))
    (i32.store (i32.const 0x300) (i32.const 16))
    (if (local.get $known)
      (then (call $must (call $update (call $kv) (call $kv_by_k) (i32.const 0x40) (i32.const 0x300))))
      (else (call $must (call $insert (call $kv) (i32.const 0x40) (i32.const 0x300))))))

  (func $cas (param $k i64) (param $old i64) (param $new i64) (result i32)
    (if (i32.eqz (call $find (local.get $k))) (then (return (call $fail (i32.const 0x340) (i32.const 11)))))
    (if (i64.ne (i64.load (i32.const 0x108)) (local.get $old))
      (then (return (call $fail (i32.const 0x350) (i32.const 12)))))
    (call $put (local.get $k) (local.get $new))
    (i32.const 0))

  ;; seq 0 asks the host for the next number of the sequence.
  (func $append (param $k i64) (param $v i64)
    (i64.store (i32.const 0x40) (i64.const 0))
    (i64.store (i32.const 0x48) (local.get $k))
    (i64.store (i32.const 0x50) (local.get $v))
    (i32.store (i32.const 0x300) (i32.const 24))
    (call $must
      (call $insert (call $table (i32.const 0x322) (i32.const 2)) (i32.const 0x40) (i32.const 0x300))))

  (func $transfer (param $from i64) (param $to i64) (param $amount i64) (result i32) (local $left i64)
    (if (i32.eqz (call $find (local.get $from))) (then (return (call $fail (i32.const 0x340) (i32.const 11)))))
    (local.set $left (i64.sub (i64.load (i32.const 0x108)) (local.get $amount)))
    (if (i64.lt_s (local.get $left) (i64.const 0)) (then (return (call $fail (i32.const 0x360) (i32.const 18)))))
    (if (i32.eqz (call $find (local.get $to))) (then (return (call $fail (i32.const 0x340) (i32.const 11)))))
    (call $put (local.get $from) (local.get $left))
    (drop (call $find (local.get $to)))
    (call $put (local.get $to) (i64.add (i64.load (i32.const 0x108)) (local.get $amount)))
    (i32.const 0))

  (func $add (param $k i64) (param $delta i64) (local $old i64)
    (if (call $find (local.get $k)) (then (local.set $old (i64.load (i32.const 0x108)))))
    (call $put (local.get $k) (i64.add (local.get $old) (local.get $delta))))

  ;; The arguments (value, tag) are encoded as the row (seq, value, tag) is behind its seq.
  (func $insert_element (param $source i32)
    (i64.store (i32.const 0x200) (i64.const 0))
    (i32.store (i32.const 0x300) (i32.const 0xf8))
    (drop (call $read_source (local.get $source) (i32.const 0x208) (i32.const 0x300)))
    (i32.store (i32.const 0x300) (i32.add (i32.load (i32.const 0x300)) (i32.const 8)))
    (call $must
      (call $insert (call $table (i32.const 0x324) (i32.const 8)) (i32.const 0x200) (i32.const 0x300))))

  (func (export "__call_reducer__")
    (param $reducer i32) (param i64 i64 i64 i64 i64 i64 i64) (param $source i32) (param $error i32) (result i32)
    (local $a i64) (local $b i64) (local $c i64)
    (global.set $error_sink (local.get $error))
    (if (i32.eq (local.get $reducer) (i32.const 5))
      (then (call $insert_element (local.get $source)) (return (i32.const 0))))
    (i32.store (i32.const 0x300) (i32.const 24))
    (drop (call $read_source (local.get $source) (i32.const 0x10) (i32.const 0x300)))
    (local.set $a (i64.load (i32.const 0x10)))
    (local.set $b (i64.load (i32.const 0x18)))
    (local.set $c (i64.load (i32.const 0x20)))
    (if (i32.eq (local.get $reducer) (i32.const 0))
      (then (call $put (local.get $a) (local.get $b)) (return (i32.const 0))))
    (if (i32.eq (local.get $reducer) (i32.const 1))
      (then (return (call $cas (local.get $a) (local.get $b) (local.get $c)))))
    (if (i32.eq (local.get $reducer) (i32.const 2))
      (then (call $append (local.get $a) (local.get $b)) (return (i32.const 0))))
    (if (i32.eq (local.get $reducer) (i32.const 3))
      (then (return (call $transfer (local.get $a) (local.get $b) (local.get $c)))))
    (if (i32.eq (local.get $reducer) (i32.const 4))
      (then (call $add (local.get $a) (local.get $b)) (return (i32.const 0))))
    (unreachable)))
