-- Shows both chats in Wireshark and tshark, 4.0 or newer: legacy messages in blocks with letters,
-- modern frames in their fields, and what came before. It knows no key.
--
-- Copy this file into the folder for personal Lua plugins; README.md beside it says where that is.
-- Wireshark calls every packet a frame. Here a *frame* is one of the modern chat, 112 bytes; what
-- Wireshark captured is a *packet*.

-- luacheck: std lua52, read globals Proto ProtoField ProtoExpert Pref Field DissectorTable expert

local BLOCK_SIZE = 16
local FRAME_SIZE = 112
local SMALLEST_MESSAGE = 128 -- bytes of a legacy message without any text
local CLOCK_BLOCK = 1        -- the block with characters 2 to 8 of the time
local TEXT_START = 32        -- from here on, a legacy message depends on its text only
local OLD_CLOCK_SECONDS = 1.5 -- equal clocks are sent within a second; the network adds a little
local FRAMES_NEEDED = 3      -- segments of whole frames before an unknown port is believed
local UNDECIDED_SEGMENTS = 8 -- so many may leave open what a conversation is, then it is not ours
local LETTERS_IN_COLUMN = 24

local chat = Proto("tilde", "Tilde to Tag")
local legacy = Proto("tilde_legacy", "Tilde to Tag: the legacy chat")
local modern = Proto("tilde_modern", "Tilde to Tag: the modern chat")

chat.prefs.legacy_ports = Pref.range("Legacy ports", "5555-5556",
  "TCP ports of the legacy chat, and of a wiretap before it", 65535)
chat.prefs.modern_ports = Pref.range("Modern ports", "9998-9999",
  "TCP ports of the modern chat, and of a wiretap before it", 65535)

-- Filter fields -------------------------------------------------------------------------------

local fields = {
  wire = ProtoField.string("tilde.wire", "Wire"),
  letter = ProtoField.string("tilde.letter", "Letter"),
  seen_in = ProtoField.framenum("tilde.seen_in", "Seen before in packet"),
  same_text = ProtoField.framenum("tilde.same_text", "Same text as in packet"),
  replay_of = ProtoField.framenum("tilde.replay_of", "Replay of packet"),
  reflection_of = ProtoField.framenum("tilde.reflection_of", "Reflection of packet"),
  splice_of = ProtoField.framenum("tilde.splice_of", "Part of packet"),
  old_clock = ProtoField.framenum("tilde.old_clock", "Clock of packet"),
  message = ProtoField.bytes("tilde.message", "Message"),
  message_number = ProtoField.uint32("tilde.message.number", "Number of its sender's messages"),
  message_size = ProtoField.uint32("tilde.message.size", "Bytes"),
  block = ProtoField.bytes("tilde.block", "Block"),
  odd = ProtoField.bytes("tilde.odd", "Odd bytes"),
  frame = ProtoField.bytes("tilde.frame", "Frame"),
  frame_number = ProtoField.uint32("tilde.frame.number", "Number of its sender's frames"),
  iv = ProtoField.bytes("tilde.frame.iv", "IV"),
  length = ProtoField.bytes("tilde.frame.length", "E(length)"),
  tag = ProtoField.bytes("tilde.frame.tag", "tag"),
  chunk = ProtoField.bytes("tilde.frame.chunk", "E(chunk)"),
  part = ProtoField.bytes("tilde.frame.part", "Part of a frame"),
}
chat.fields = fields

local FRAME_FIELDS = { -- name, filter field, offset, size
  { "IV", fields.iv, 0, 16 },
  { "E(length)", fields.length, 16, 16 },
  { "tag", fields.tag, 32, 32 },
  { "E(chunk)", fields.chunk, 64, 16 },
  { "tag", fields.tag, 80, 32 },
}

local function warning(name, text)
  return ProtoExpert.new("tilde.expert." .. name, text,
    expert.group.SEQUENCE, expert.severity.WARN)
end

local experts = {
  seen = ProtoExpert.new("tilde.expert.seen", "These bytes came before",
    expert.group.SEQUENCE, expert.severity.CHAT),
  same_text = ProtoExpert.new("tilde.expert.same_text", "The same text came before",
    expert.group.SEQUENCE, expert.severity.NOTE),
  part = ProtoExpert.new("tilde.expert.part", "Not a whole frame",
    expert.group.MALFORMED, expert.severity.NOTE),
  replay = warning("replay", "All of it came before"),
  reflection = warning("reflection", "It came from the other side before"),
  splice = warning("splice", "A part of it came before, and the rest did not"),
  old_clock = warning("old_clock", "Its clock is that of an earlier message"),
  odd = warning("odd", "These bytes are no block"),
}
chat.experts = experts

local tcp_stream = Field.new("tcp.stream")
local tcp_seq = Field.new("tcp.seq")
local tcp_seq_raw = Field.new("tcp.seq_raw")
local tcp_payload = Field.new("tcp.payload")
local tcp_completeness = Field.new("tcp.completeness")

-- What is remembered of a capture -------------------------------------------------------------

-- Wireshark dissects every packet once in order, and later again when somebody looks at it. What
-- is found in the first run is stored by its place in the stream, so that it does not change.

local conversations, letters, letter_count

function chat.init()
  conversations, letters, letter_count = {}, {}, 0
end

local function conversation_of()
  local stream = tcp_stream().value
  conversations[stream] = conversations[stream] or {
    wire = nil,    -- "legacy", "modern" or "other", as soon as it is known
    first = {},    -- by bytes: where a block, a field, a message or a frame came first
    sides = {},    -- by sender
    weighed = {},  -- by place: segments that were looked at to find out the wire
    segments = 0, frames_only = true, blocks_only = true,
  }
  return conversations[stream]
end

local function side_of(conversation, pinfo)
  local name = tostring(pinfo.src) .. " " .. pinfo.src_port
  conversation.sides[name] = conversation.sides[name]
    or { name = name, count = 0, numbers = {}, first_blocks = {}, starts = {} }
  return conversation.sides[name]
end

-- Returns how many bytes the sender had sent before this segment.
local function segment_position(side)
  local seq, raw = tcp_seq().value, tcp_seq_raw().value
  if seq ~= raw then return seq - 1 end
  side.base = side.base or raw -- "Relative sequence numbers" is switched off
  return (raw - side.base) % 2 ^ 32
end

-- Returns the same for a tvb, which may be the rest of a segment, or a frame that TCP joined.
local function position_of(tvb, side)
  local payload = tcp_payload()
  local skipped = tvb:offset() - payload.offset
  if skipped < 0 then return side.waiting or 0 end -- joined bytes have an offset of their own
  return segment_position(side) + skipped
end

local function to_letters(index)
  local text = ""
  repeat
    local rest = index % 52
    text = string.char(rest < 26 and 65 + rest or 71 + rest) .. text
    index = math.floor(index / 52) - 1
  until index < 0
  return text
end

-- Equal bytes have equal letters in the whole capture: on both sides of a wiretap, and in two
-- chats with one passphrase.
local function letter_of(bytes)
  if not letters[bytes] then
    letters[bytes] = to_letters(letter_count)
    letter_count = letter_count + 1
  end
  return letters[bytes]
end

-- Returns where these bytes came first in this conversation; nil if that is here. The place keeps
-- a retransmission, which is the same bytes at the same place, from looking like a replay.
local function find_earlier(conversation, bytes, side, position, pinfo)
  local first = conversation.first[bytes]
  if not first then
    first = { packet = pinfo.number, side = side, position = position, time = pinfo.abs_ts }
    conversation.first[bytes] = first
  end
  if first.side ~= side or first.position ~= position then return first end
end

local function number_at(side, position)
  if not side.numbers[position] then
    side.count = side.count + 1
    side.numbers[position] = side.count
  end
  return side.numbers[position]
end

-- What both wires have ------------------------------------------------------------------------

local function add_link(item, field, first, flag, words)
  item:add(field, first.packet):set_generated()
  item:add_proto_expert_info(flag, words .. " packet " .. first.packet)
end

-- Adds a block or a field with its letter; returns the letter, and where it came first.
local function add_piece(tree, field, name, range, context)
  local bytes = range:raw()
  local letter = letter_of(bytes)
  local position = context.position + range:offset() - context.start
  local first = find_earlier(context.conversation, bytes, context.side, position, context.pinfo)
  local item = tree:add(field, range)
  item:set_text(string.format("%-11s %-2s %s", name, letter, range:bytes():tohex(true)))
  item:add(fields.letter, letter):set_generated()
  if first then
    item:append_text("   seen before in packet " .. first.packet)
    add_link(item, fields.seen_in, first, experts.seen, "seen before in")
  end
  return letter, first
end

-- Flags a message or frame that came before as a whole; returns whether it did, and a word for it.
local function flag_whole(item, first, side)
  if not first then return false end
  if first.side == side then
    add_link(item, fields.replay_of, first, experts.replay, "a replay of")
    return true, "REPLAY of packet " .. first.packet
  end
  add_link(item, fields.reflection_of, first, experts.reflection, "a reflection of")
  return true, "REFLECTION of packet " .. first.packet
end

local function show(pinfo, wire, text)
  pinfo.cols.protocol:set(wire .. " chat")
  pinfo.cols.info:set(text .. " ")
  pinfo.cols.info:fence() -- a packet can hold several: the next text goes behind this one
end

local function join_letters(found)
  local more = #found > LETTERS_IN_COLUMN and " …" or ""
  return table.concat(found, " ", 1, math.min(#found, LETTERS_IN_COLUMN)) .. more
end

-- The legacy wire -----------------------------------------------------------------------------

-- Returns where messages begin in a segment: at its start, and at each block with which a message
-- began before. That block is the same for all messages of ten hours.
local function find_starts(tvb, side, position)
  if side.starts[position] then return side.starts[position] end
  local starts = { 0 }
  side.first_blocks[tvb:raw(0, math.min(BLOCK_SIZE, tvb:len()))] = true
  for start = BLOCK_SIZE, tvb:len() - BLOCK_SIZE, BLOCK_SIZE do
    if side.first_blocks[tvb:raw(start, BLOCK_SIZE)] then table.insert(starts, start) end
  end
  side.starts[position] = starts
  return starts
end

local function add_blocks(item, range, context)
  local found, seen, clock = {}, {}, nil
  for start = 0, range:len() - 1, BLOCK_SIZE do
    local size = math.min(BLOCK_SIZE, range:len() - start)
    local index = math.floor(start / BLOCK_SIZE)
    local name = index == CLOCK_BLOCK and "Clock" or "Block " .. index
    local field = size == BLOCK_SIZE and fields.block or fields.odd
    if field == fields.odd then
      name = "Odd bytes"
      item:add_proto_expert_info(experts.odd, size .. " bytes are no block: lost by the receiver")
    end
    local letter, first = add_piece(item, field, name, range(start, size), context)
    table.insert(found, letter)
    if first then table.insert(seen, letter) end
    if index == CLOCK_BLOCK then clock = first end
  end
  return found, seen, clock
end

local function flag_text(item, range, context)
  if range:len() < SMALLEST_MESSAGE then return end
  local text = "text " .. range(TEXT_START):raw()
  local first = find_earlier(context.conversation, text, context.side, context.position,
    context.pinfo)
  if not first then return end
  add_link(item, fields.same_text, first, experts.same_text, "the same text as in")
  return "same text as packet " .. first.packet
end

local function flag_clock(item, clock, context)
  if not clock or (context.pinfo.abs_ts - clock.time) < OLD_CLOCK_SECONDS then return end
  add_link(item, fields.old_clock, clock, experts.old_clock, "the clock of")
  return "OLD CLOCK of packet " .. clock.packet
end

local function dissect_message(range, tree, context)
  local number = number_at(context.side, context.position)
  local item = tree:add(fields.message, range)
  item:set_text(string.format("Message %d: %d bytes", number, range:len()))
  item:add(fields.message_number, number):set_generated()
  item:add(fields.message_size, range:len()):set_generated()
  local whole = find_earlier(context.conversation, "whole " .. range:raw(), context.side,
    context.position, context.pinfo)
  local found, seen, clock = add_blocks(item, range, context)
  local same_text = flag_text(item, range, context)
  local repeated, word = flag_whole(item, whole, context.side)
  if not repeated then word = flag_clock(item, clock, context) or same_text end
  local text = string.format("message %d, %d bytes: %s", number, range:len(), join_letters(found))
  if #seen > 0 then text = text .. "   seen before: " .. join_letters(seen) end
  if word then
    item:append_text(", " .. word)
    text = text .. "   " .. word
  end
  show(context.pinfo, "legacy", text)
end

local function dissect_legacy(tvb, pinfo, tree, conversation)
  local side = side_of(conversation, pinfo)
  local position = position_of(tvb, side)
  local starts = find_starts(tvb, side, position)
  for index, start in ipairs(starts) do
    local stop = math.min(starts[index + 1] or tvb:len(), tvb:len())
    local range = tvb(start, stop - start)
    dissect_message(range, tree, { conversation = conversation, side = side, pinfo = pinfo,
      position = position + start, start = range:offset() })
  end
  return tvb:len()
end

-- The modern wire -----------------------------------------------------------------------------

local function add_frame_fields(item, range, context)
  local found, seen, splice = {}, {}, nil
  for _, field in ipairs(FRAME_FIELDS) do
    local name, filter, offset, size = table.unpack(field)
    local letter, first = add_piece(item, filter, name, range(offset, size), context)
    table.insert(found, name .. " " .. letter)
    if first then
      table.insert(seen, letter)
      splice = splice or first
    end
  end
  return found, seen, splice
end

local function dissect_frame(range, tree, context)
  local number = math.floor(context.position / FRAME_SIZE) + 1
  local item = tree:add(fields.frame, range)
  item:set_text("Frame " .. number)
  item:add(fields.frame_number, number):set_generated()
  local whole = find_earlier(context.conversation, range:raw(), context.side, context.position,
    context.pinfo)
  local found, seen, splice = add_frame_fields(item, range, context)
  local repeated, word = flag_whole(item, whole, context.side)
  if splice and not repeated then
    add_link(item, fields.splice_of, splice, experts.splice, "a part of it came in")
    word = "PART of packet " .. splice.packet
  end
  local text = string.format("frame %d: %s", number, table.concat(found, "  "))
  if #seen > 0 then text = text .. "   seen before: " .. table.concat(seen, " ") end
  if word then
    item:append_text(", " .. word)
    text = text .. "   " .. word
  end
  return text
end

local function add_part(tree, range, words)
  local item = tree:add(fields.part, range)
  item:set_text(string.format("Part of a frame: %d bytes, %s", range:len(), words))
  item:add_proto_expert_info(experts.part, words)
end

-- Ends inside a frame: lets TCP wait for the rest. Where it may not, the part stays a part.
local function wait_for_rest(tvb, start, pinfo, side, position)
  if not pinfo.can_desegment or pinfo.can_desegment == 0 then return end
  side.waiting = position
  pinfo.desegment_offset = start
  pinfo.desegment_len = FRAME_SIZE - (tvb:len() - start)
end

local function describe_frames(texts, bytes)
  if #texts == 1 then return texts[1] end
  return string.format("%d frames, %d bytes: %s …", #texts, bytes, texts[1])
end

local function dissect_modern(tvb, pinfo, tree, conversation)
  local side = side_of(conversation, pinfo)
  local position = position_of(tvb, side)
  local start = math.min(-position % FRAME_SIZE, tvb:len())
  if start > 0 then
    add_part(tree, tvb(0, start), "whose beginning is missing")
  end
  local texts = {}
  while start + FRAME_SIZE <= tvb:len() do
    local range = tvb(start, FRAME_SIZE)
    table.insert(texts, dissect_frame(range, tree, { conversation = conversation, side = side,
      pinfo = pinfo, position = position + start, start = range:offset() }))
    start = start + FRAME_SIZE
  end
  show(pinfo, "modern", #texts > 0 and describe_frames(texts, tvb:len()) or "part of a frame")
  if start < tvb:len() then
    add_part(tree, tvb(start), "which ends in a later segment, or never")
    wait_for_rest(tvb, start, pinfo, side, position + start)
  end
  return tvb:len()
end

-- Is it one of ours? --------------------------------------------------------------------------

local function is_text(bytes)
  return #bytes >= BLOCK_SIZE and not bytes:find("[^\t-\r -~]") -- fewer can be so by chance
end

local function is_tls(bytes)
  local kind, major, minor = bytes:byte(1, 3)
  return #bytes >= 3 and kind >= 20 and kind <= 23 and major == 3 and minor <= 4
end

-- Returns the bytes without blocks that came before: a long legacy message can repeat one.
local function drop_equal_blocks(bytes)
  local kept, seen = {}, {}
  for start = 1, #bytes, BLOCK_SIZE do
    local block = bytes:sub(start, start + BLOCK_SIZE - 1)
    if not seen[block] then table.insert(kept, block) end
    seen[block] = true
  end
  return table.concat(kept)
end

-- Ciphertext looks like random bytes: half of them are above 127, and none is frequent. Five
-- standard deviations are allowed, which honest ciphertext exceeds once in a million messages.
local function looks_encrypted(bytes)
  if is_text(bytes) or is_tls(bytes) then return false end
  local random = drop_equal_blocks(bytes)
  local high, counts, most = 0, {}, 0
  for index = 1, #random do
    local byte = random:byte(index)
    if byte > 127 then high = high + 1 end
    counts[byte] = (counts[byte] or 0) + 1
    most = math.max(most, counts[byte])
  end
  local expected = #random / 256
  return math.abs(high - #random / 2) <= 2.5 * math.sqrt(#random)
    and most <= expected + 6 * math.sqrt(expected) + 4
end

-- Whether the capture has the conversation from its start: then its first bytes begin a frame.
local function has_start()
  return tcp_completeness().value % 2 == 1
end

local function is_message(bytes)
  return #bytes >= SMALLEST_MESSAGE and #bytes % BLOCK_SIZE == 0
end

local function count_segment(conversation, place)
  if not conversation.weighed[place] then
    conversation.weighed[place] = true
    conversation.segments = conversation.segments + 1
  end
end

-- Returns what a conversation on one of our ports is: its wire, "other", or nil: not known yet.
local function judge_known_port(conversation, bytes, wire, place)
  count_segment(conversation, place)
  if not looks_encrypted(bytes) or conversation.segments > UNDECIDED_SEGMENTS then
    return "other"
  end
  if wire == "legacy" then return is_message(bytes) and wire or nil end
  if not has_start() and #bytes % FRAME_SIZE > 0 then return "other" end
  return #bytes >= FRAME_SIZE and wire or nil
end

-- Returns the same for any port. Here one segment is not enough: other protocols encrypt as well.
local function judge_any_port(conversation, bytes, place)
  if conversation.weighed[place] then return nil end
  count_segment(conversation, place)
  if not looks_encrypted(bytes) or conversation.segments > UNDECIDED_SEGMENTS
    or not has_start() then
    return "other"
  end
  local first_block = bytes:sub(1, BLOCK_SIZE)
  local came_before = conversation.first_block == first_block
  conversation.first_block = conversation.first_block or first_block
  conversation.frames_only = conversation.frames_only and #bytes % FRAME_SIZE == 0
  conversation.blocks_only = conversation.blocks_only and is_message(bytes)
  if conversation.blocks_only and came_before then return "legacy" end
  if conversation.frames_only and conversation.segments >= FRAMES_NEEDED then return "modern" end
  return not (conversation.frames_only or conversation.blocks_only) and "other" or nil
end

-- Where Wireshark comes in --------------------------------------------------------------------

local function dissect(tvb, pinfo, tree, conversation)
  local item = tree:add(chat, tvb(), "Tilde to Tag, the " .. conversation.wire .. " chat")
  item:add(fields.wire, conversation.wire):set_generated()
  local run = conversation.wire == "legacy" and dissect_legacy or dissect_modern
  return run(tvb, pinfo, item, conversation)
end

local function place_of(tvb, pinfo, conversation)
  local side = side_of(conversation, pinfo)
  return side.name .. " " .. position_of(tvb, side)
end

-- Dissects a conversation on a port of `wire`, or one that somebody decodes as it.
local function dissect_known_port(tvb, pinfo, tree, wire)
  if not tcp_payload() then return 0 end
  local conversation = conversation_of()
  if not conversation.wire then
    conversation.wire = judge_known_port(conversation, tvb:raw(), wire,
      place_of(tvb, pinfo, conversation))
  end
  if conversation.wire == "other" then return 0 end
  if conversation.wire then return dissect(tvb, pinfo, tree, conversation) end
  if wire == "modern" then
    wait_for_rest(tvb, 0, pinfo, side_of(conversation, pinfo), 0)
    return tvb:len()
  end
  return 0
end

function legacy.dissector(tvb, pinfo, tree)
  return dissect_known_port(tvb, pinfo, tree, "legacy")
end

function modern.dissector(tvb, pinfo, tree)
  return dissect_known_port(tvb, pinfo, tree, "modern")
end

-- Takes a conversation on any port as soon as it is sure.
local function dissect_any_port(tvb, pinfo, tree)
  if not tcp_payload() then return false end
  local conversation = conversation_of()
  conversation.wire = conversation.wire
    or judge_any_port(conversation, tvb:raw(), place_of(tvb, pinfo, conversation))
  if not conversation.wire or conversation.wire == "other" then return false end
  pinfo.conversation = conversation.wire == "legacy" and legacy or modern
  dissect(tvb, pinfo, tree, conversation)
  return true
end

chat:register_heuristic("tcp", dissect_any_port)

local tcp_ports = DissectorTable.get("tcp.port")
local taken = {}

local function register_ports()
  for protocol, range in pairs(taken) do tcp_ports:remove(range, protocol) end
  taken = { [legacy] = chat.prefs.legacy_ports, [modern] = chat.prefs.modern_ports }
  for protocol, range in pairs(taken) do tcp_ports:add(range, protocol) end
end

chat.prefs_changed = register_ports
register_ports()
