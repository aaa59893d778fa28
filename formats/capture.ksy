# The bytes of a capture file for Kaitai Struct (https://kaitai.io), as far as that can say them. capture.md is normative.
#
# What it cannot say: checksums, finding frames behind damage, decompression, and the columns of a chunk. Contents of compressed
# payloads have types of their own (`schema`, `container`, `summary` …): parse the decompressed bytes with them.
# scripts/check-kaitai.py interprets what this file uses of the language, and compares what it finds in formats/conformance with what
# is expected there.
meta:
  id: reel_capture
  title: Reel capture file, version 1
  file-extension: reel
  endian: le
  license: Apache-2.0
seq:
  - id: magic
    contents: [0x89, 0x52, 0x45, 0x45, 0x4c, 0x0d, 0x0a, 0x1a]
  - id: frames
    type: frame
    repeat: eos
types:
  frame:
    seq:
      - id: mark
        contents: [0xc5, 0x52, 0x46, 0x4d]
      - id: type
        type: u2
        enum: frame_type
      - id: flags
        type: u1
      - id: version
        type: u1
      - id: length
        type: u4
        doc: Bytes of the payload, without its padding.
      - id: reserved
        type: u4
      - id: sequence
        type: u8
      - id: payload_check
        type: u4
        doc: CRC-32C of the file id, the payload and its padding.
      - id: header_check
        type: u4
        doc: CRC-32C of the file id and the 28 bytes before.
      - id: payload
        size: length
        type:
          switch-on: type
          cases:
            'frame_type::header': header
            'frame_type::schema': compressed
            'frame_type::chunk': chunk
            'frame_type::loss': loss
            'frame_type::container': compressed
            'frame_type::attachment': compressed
            'frame_type::annotation': compressed
            'frame_type::state': state
            'frame_type::seal': seal
            'frame_type::custody': compressed
            'frame_type::summary_page': compressed
            'frame_type::summary': compressed
            'frame_type::rollup': compressed
            'frame_type::footer': footer
      - id: padding
        size: (8 - length % 8) % 8
    instances:
      is_critical:
        value: (type.to_i & 0x8000) != 0
        doc: A reader that does not know the type must refuse the file.
  header:
    seq:
      - id: file_id
        size: 16
      - id: session_id
        size: 16
      - id: version
        type: u2
      - id: latency_mode
        type: u1
        enum: latency_mode
      - id: reserved
        type: u1
      - id: file_index
        type: u4
      - id: started
        type: s8
      - id: boot_time
        type: s8
      - id: cpus
        type: u4
      - id: snap_length
        type: u4
      - id: num_texts
        type: varint
      - id: texts
        type: header_text
        repeat: expr
        repeat-expr: num_texts.value
  header_text:
    seq:
      - id: tag
        type: varint
        doc: 1 host name, 2 kernel release, 3 architecture, 4 writer, 5 filter, 6 command.
      - id: text
        type: counted
  compressed:
    doc: What it holds once decompressed is one of the types behind `contents` below.
    seq:
      - id: codec
        type: u1
        enum: codec
      - id: reserved
        size: 3
      - id: raw
        type: u4
      - id: stored
        size-eos: true
  chunk:
    seq:
      - id: head_length
        type: u4
      - id: head
        size: head_length - 4
        type: chunk_head
      - id: blocks
        size: head.blocks[_index].stored
        repeat: expr
        repeat-expr: head.num_blocks
  chunk_head:
    seq:
      - id: check
        type: u4
        doc: CRC-32C of the file id and what follows in the head.
      - id: events
        type: u4
      - id: num_blocks
        type: u4
      - id: first_number
        type: u8
      - id: last_number
        type: u8
      - id: least_start
        type: s8
      - id: least_exit
        type: s8
      - id: greatest_exit
        type: s8
      - id: lost
        type: u8
      - id: lost_in_all
        type: u8
      - id: blocks
        type: block
        repeat: expr
        repeat-expr: num_blocks
      - id: indexes
        type: index
        repeat: until
        repeat-until: _io.size - _io.pos < 8 or _.tag == 0
        if: _io.size - _io.pos >= 8
  block:
    seq:
      - id: group
        type: u1
        enum: block_group
      - id: codec
        type: u1
        enum: codec
      - id: reserved
        type: u2
      - id: stored
        type: u4
      - id: raw
        type: u4
      - id: check
        type: u4
        doc: CRC-32C of the stored bytes.
  index:
    seq:
      - id: tag
        type: u2
      - id: reserved
        type: u2
      - id: length
        type: u4
      - id: content
        size: length
        type:
          switch-on: tag
          cases:
            1: index_types
            2: index_numbers
            3: index_texts
            4: index_numbers
            5: index_texts
            6: index_bloom
            7: index_bloom
            8: index_numbers
            9: index_numbers
  index_types:
    seq:
      - id: count
        type: varint
      - id: types
        type: index_type
        repeat: expr
        repeat-expr: count.value
  index_type:
    seq:
      - id: difference
        type: varint
      - id: events
        type: varint
  index_numbers:
    seq:
      - id: count
        type: varint
      - id: first
        type: varint
        if: count.value > 0
        doc: Zigzag.
      - id: differences
        type: varint
        repeat: expr
        repeat-expr: 'count.value > 0 ? count.value - 1 : 0'
  index_texts:
    seq:
      - id: count
        type: varint
      - id: texts
        type: index_text
        repeat: expr
        repeat-expr: count.value
  index_text:
    seq:
      - id: shared
        type: varint
      - id: rest
        type: counted
  index_bloom:
    seq:
      - id: blocks
        size: 32
        repeat: eos
  directory:
    doc: The first block of a chunk, decompressed.
    seq:
      - id: num_tables
        type: varint
      - id: tables
        type: directory_table
        repeat: expr
        repeat-expr: num_tables.value
      - id: num_columns
        type: varint
      - id: columns
        type: directory_column
        repeat: expr
        repeat-expr: num_columns.value
  directory_table:
    seq:
      - id: table
        type: u1
      - id: rows
        type: varint
  directory_column:
    seq:
      - id: space
        type: u1
        enum: space
      - id: first
        type: varint
      - id: second
        type: varint
      - id: rows
        type: varint
      - id: encoding
        type: u1
        enum: encoding
      - id: options
        type: u1
      - id: block
        type: varint
      - id: length
        type: varint
      - id: repeated
        type: varint
        if: encoding == encoding::same
  loss:
    seq:
      - id: cause
        type: u1
        enum: loss_cause
      - id: flags
        type: u1
      - id: reserved
        type: u2
      - id: cpu
        type: u4
      - id: count
        type: u8
      - id: time_from
        type: s8
      - id: time_to
        type: s8
    instances:
      knows_cpu:
        value: (flags & 1) != 0
  state:
    seq:
      - id: time
        type: s8
      - id: reason
        type: u1
        enum: state_reason
      - id: flags
        type: u1
      - id: reserved
        type: u2
      - id: part
        type: u4
      - id: chunk
        type: chunk
    instances:
      is_last:
        value: (flags & 1) != 0
  seal:
    seq:
      - id: time
        type: varint
        doc: Zigzag.
      - id: first
        type: u8
      - id: last
        type: u8
      - id: flags
        type: u1
      - id: key_id
        size: 32
      - id: chain
        size: 32
      - id: signature
        size: 64
    instances:
      is_last:
        value: (flags & 1) != 0
  footer:
    seq:
      - id: file_id
        size: 16
      - id: length
        type: u8
      - id: tail
        type: u8
  # contents: what compressed payloads hold
  schema:
    doc: The event types have an encoding of their own, in schema-encoding.md.
    seq:
      - id: types
        type: counted
      - id: num_columns
        type: varint
      - id: columns
        type: dimension_column
        repeat: expr
        repeat-expr: num_columns.value
  dimension_column:
    seq:
      - id: table
        type: u1
      - id: table_name
        type: counted
      - id: column
        type: varint
      - id: name
        type: counted
      - id: kind
        type: u1
        enum: column_kind
  containers:
    seq:
      - id: num_containers
        type: varint
      - id: containers
        type: container
        repeat: expr
        repeat-expr: num_containers.value
  container:
    seq:
      - id: id
        type: counted
      - id: time
        type: varint
        doc: Zigzag.
      - id: num_texts
        type: varint
      - id: texts
        type: key_and_text
        repeat: expr
        repeat-expr: num_texts.value
  key_and_text:
    seq:
      - id: key
        type: counted
      - id: text
        type: counted
  attachment:
    seq:
      - id: time
        type: varint
        doc: Zigzag.
      - id: name
        type: counted
      - id: media_type
        type: counted
      - id: content
        size-eos: true
  annotation:
    seq:
      - id: time
        type: varint
        doc: Zigzag, as are the next two.
      - id: time_from
        type: varint
      - id: time_to
        type: varint
      - id: first
        type: varint
      - id: last
        type: varint
      - id: severity
        type: varint
      - id: kind
        type: counted
      - id: author
        type: counted
      - id: rule
        type: counted
      - id: text
        type: counted
      - id: json
        type: counted
  custody:
    seq:
      - id: file_id
        size: 16
      - id: num_seals
        type: varint
      - id: seals
        type: counted
        repeat: expr
        repeat-expr: num_seals.value
        doc: Payloads of seal frames.
      - id: num_frames
        type: varint
      - id: frames
        type: varint
        repeat: expr
        repeat-expr: num_frames.value
      - id: digests
        size: 32
        repeat: expr
        repeat-expr: num_frames.value
  summary_page:
    seq:
      - id: num_chunks
        type: varint
      - id: chunks
        type: page_chunk
        repeat: expr
        repeat-expr: num_chunks.value
      - id: num_losses
        type: varint
      - id: losses
        size: 32
        type: loss
        repeat: expr
        repeat-expr: num_losses.value
  page_chunk:
    seq:
      - id: offset_difference
        type: varint
      - id: length
        type: varint
      - id: head
        type: counted
        doc: The head of the chunk, its length too.
  summary:
    seq:
      - id: sections
        type: section
        repeat: eos
  section:
    seq:
      - id: tag
        type: varint
      - id: length
        type: varint
      - id: content
        size: length.value
        type:
          switch-on: tag.value
          cases:
            1: totals
            2: summary_losses
            3: containers
            4: type_counts
            5: summary_states
            6: summary_frames
            7: summary_pages
  totals:
    seq:
      - id: started
        type: varint
        doc: Zigzag, as is the next one.
      - id: ended
        type: varint
      - id: events
        type: varint
      - id: chunks
        type: varint
      - id: threads
        type: varint
      - id: processes
        type: varint
      - id: objects
        type: varint
  summary_losses:
    seq:
      - id: num_causes
        type: varint
      - id: causes
        type: cause_count
        repeat: expr
        repeat-expr: num_causes.value
      - id: num_losses
        type: varint
      - id: losses
        size: 32
        type: loss
        repeat: expr
        repeat-expr: num_losses.value
  cause_count:
    seq:
      - id: cause
        type: u1
        enum: loss_cause
      - id: events
        type: varint
  type_counts:
    seq:
      - id: count
        type: varint
      - id: types
        type: type_count
        repeat: expr
        repeat-expr: count.value
  type_count:
    seq:
      - id: type
        type: varint
      - id: events
        type: varint
  summary_states:
    seq:
      - id: count
        type: varint
      - id: parts
        type: summary_state
        repeat: expr
        repeat-expr: count.value
  summary_state:
    seq:
      - id: offset_difference
        type: varint
      - id: length
        type: varint
      - id: time
        type: varint
        doc: Zigzag.
      - id: reason
        type: u1
        enum: state_reason
      - id: flags
        type: u1
      - id: part
        type: varint
      - id: rows
        type: varint
  summary_frames:
    seq:
      - id: count
        type: varint
      - id: frames
        type: summary_frame
        repeat: expr
        repeat-expr: count.value
  summary_frame:
    seq:
      - id: type
        type: varint
      - id: offset_difference
        type: varint
      - id: length
        type: varint
  summary_pages:
    seq:
      - id: count
        type: varint
      - id: pages
        type: page_entry
        repeat: expr
        repeat-expr: count.value
  page_entry:
    seq:
      - id: offset_difference
        type: varint
      - id: length
        type: varint
      - id: sequence_difference
        type: varint
      - id: chunks
        type: varint
      - id: losses
        type: varint
      - id: events
        type: varint
      - id: least_number
        type: varint
      - id: number_range
        type: varint
      - id: least_start
        type: varint
        doc: Zigzag.
      - id: exit_after_start
        type: varint
      - id: exit_range
        type: varint
  rollup:
    seq:
      - id: start
        type: varint
        doc: Zigzag.
      - id: step
        type: varint
      - id: buckets
        type: varint
      - id: num_counters
        type: varint
      - id: counters
        type: counter
        repeat: expr
        repeat-expr: num_counters.value
  counter:
    seq:
      - id: name
        type: counted
      - id: filter
        type: counted
      - id: aggregate
        type: counted
      - id: group_field
        type: counted
      - id: group_value
        type: counted
      - id: encoding
        type: u1
        enum: encoding
      - id: values
        type: counted
  # primitives
  counted:
    seq:
      - id: length
        type: varint
      - id: bytes
        size: length.value
  varint:
    doc: Seven bits a byte, the lowest first. Where a number is zigzag, `signed` is it.
    seq:
      - id: groups
        type: varint_group
        repeat: until
        repeat-until: not _.has_next
    instances:
      value:
        value: >-
          groups[0].bits
          + (groups.size >= 2 ? groups[1].bits << 7 : 0)
          + (groups.size >= 3 ? groups[2].bits << 14 : 0)
          + (groups.size >= 4 ? groups[3].bits << 21 : 0)
          + (groups.size >= 5 ? groups[4].bits << 28 : 0)
          + (groups.size >= 6 ? groups[5].bits << 35 : 0)
          + (groups.size >= 7 ? groups[6].bits << 42 : 0)
          + (groups.size >= 8 ? groups[7].bits << 49 : 0)
          + (groups.size >= 9 ? groups[8].bits << 56 : 0)
          + (groups.size >= 10 ? groups[9].bits << 63 : 0)
      signed:
        value: '(value & 1) == 0 ? (value >> 1) : -(value >> 1) - 1'
  varint_group:
    seq:
      - id: byte
        type: u1
    instances:
      has_next:
        value: (byte & 0x80) != 0
      bits:
        value: byte & 0x7f
enums:
  frame_type:
    0x8001: header
    0x8002: schema
    0x8010: chunk
    0x0020: loss
    0x0021: container
    0x0022: attachment
    0x0023: annotation
    0x0030: state
    0x0040: seal
    0x0041: custody
    0x0050: summary_page
    0x0051: summary
    0x0052: rollup
    0x00ff: footer
  latency_mode:
    0: exact
    1: adaptive
    2: none
  codec:
    0: none
    1: lz4
    2: zstd
    3: zstd_schema
  block_group:
    0: directory
    1: dimensions
    2: core
    3: arguments
    4: payload
  space:
    0: core
    1: dimension
    2: argument
  encoding:
    0: constant
    1: fixed
    2: planes
    3: packed
    4: packed_deltas
    5: variable
    6: variable_deltas
    7: dictionary
    8: runs
    9: same
    10: result
    11: bytes
    12: plane_deltas
  loss_cause:
    1: ring_full
    2: nested
    3: unresolved
    4: enter_unknown
    5: no_task
    6: damaged
    7: unwritten
  state_reason:
    1: start
    2: periodic
    3: rotation
    4: trigger
    5: end
  column_kind:
    0: integer
    1: text
    2: image
    3: thread
    4: lineage
    5: container
