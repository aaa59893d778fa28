extension FieldTable {
  /// Fields of the object that an event is about: the file, socket or pipe behind its descriptor.
  static let descriptor: [Field] = [
    Field("fd.num", .integer, .event(.descriptor), "The descriptor's number.", "fd.num = 0"),
    Field(
      "fd.type", .text, .object(.type),
      "What it is: file, directory, ipv4, ipv6, unix, pipe, event, signalfd, eventpoll, inotify, timerfd, netlink, memfd "
        + "and others.", "fd.type = file"),
    Field(
      "fd.typechar", .text, .object(.typeCharacter),
      "The same in one character: f file, d directory, 4 ipv4, 6 ipv6, u unix, p pipe, e eventfd, s signalfd, l epoll, "
        + "i inotify, t timerfd, n netlink, m memfd, o others.", "fd.typechar = 4"),
    Field(
      "fd.name", .text, .object(.name),
      "The path as it was requested, made absolute; the connection of a socket: `10.0.0.1:40000->10.0.0.2:80`.",
      "fd.name startswith /etc/"),
    Field(
      "fd.nameraw", .text, .event(.descriptorNameRaw),
      "The path as the call that opened it was given it; of other calls the same as `fd.name`.",
      "fd.nameraw contains ../"),
    Field(
      "fd.realname", .text, .object(.realName), "The path that the kernel's directory entries say.",
      "fd.realname startswith /etc/"),
    Field(
      "fd.directory", .text, .object(.directory), "The directory of a file; a directory itself.",
      "fd.directory = /etc"),
    Field(
      "fd.filename", .text, .object(.filename), "What follows the last slash of a file's name.",
      "fd.filename = passwd"),
    Field(
      "fd.ip", .address, .object(.bothAddresses), "The IP address of either end.", "fd.ip = 10.0.0.1",
      multiplicity: .eitherEnd),
    Field("fd.cip", .address, .object(.clientAddress), "The client's IP address.", "fd.cip = 10.0.0.1"),
    Field("fd.sip", .address, .object(.serverAddress), "The server's IP address.", "fd.sip = 10.0.0.0/8"),
    Field("fd.lip", .address, .object(.localAddress), "The local IP address.", "fd.lip = 127.0.0.1"),
    Field("fd.rip", .address, .object(.remoteAddress), "The remote IP address.", "fd.rip = 10.0.0.1"),
    Field("fd.port", .port, .object(.bothPorts), "The port of either end.", "fd.port = 443", multiplicity: .eitherEnd),
    Field("fd.cport", .port, .object(.clientPort), "The client's port.", "fd.cport > 1024"),
    Field("fd.sport", .port, .object(.serverPort), "The server's port.", "fd.sport in (80, 443)"),
    Field("fd.lport", .port, .object(.localPort), "The local port.", "fd.lport = 22"),
    Field("fd.rport", .port, .object(.remotePort), "The remote port.", "fd.rport = 443"),
    Field(
      "fd.proto", .port, .object(.bothPorts), "The port of either end.", "fd.proto = 443", multiplicity: .eitherEnd),
    Field("fd.cproto", .port, .object(.clientPort), "The client's port.", "fd.cproto > 1024"),
    Field("fd.sproto", .port, .object(.serverPort), "The server's port.", "fd.sproto = 80"),
    Field("fd.lproto", .port, .object(.localPort), "The local port.", "fd.lproto = 22"),
    Field("fd.rproto", .port, .object(.remotePort), "The remote port.", "fd.rproto = 443"),
    Field(
      "fd.net", .network, .object(.bothAddresses), "The IP address of either end, for comparison with networks.",
      "fd.net in (10.0.0.0/8, 192.168.0.0/16)", multiplicity: .eitherEnd),
    Field("fd.cnet", .network, .object(.clientAddress), "The client's address, for networks.", "fd.cnet = 10.0.0.0/8"),
    Field("fd.snet", .network, .object(.serverAddress), "The server's address, for networks.", "fd.snet = 10.0.0.0/8"),
    Field("fd.lnet", .network, .object(.localAddress), "The local address, for networks.", "fd.lnet = 10.0.0.0/8"),
    Field("fd.rnet", .network, .object(.remoteAddress), "The remote address, for networks.", "fd.rnet = 10.0.0.0/8"),
    Field("fd.l4proto", .text, .object(.transport), "tcp, udp, icmp or raw.", "fd.l4proto = udp"),
    Field("fd.sockfamily", .text, .object(.family), "`ip` or `unix` for sockets.", "fd.sockfamily = ip"),
    Field(
      "fd.is_server", .boolean, .object(.isServer), "Whether the local end of the connection is the server.",
      "fd.is_server = true"),
    Field(
      "fd.connected", .boolean, .object(.isConnected), "Whether the socket's connection is established.",
      "fd.connected = false"),
    Field(
      "fd.listening", .boolean, .object(.isListening), "Whether the socket waits for connections.",
      "fd.listening = true"),
    Field("fd.dev", .integer, .object(.device), "The device number of the file's file system.", "fd.dev = 2049"),
    Field("fd.dev.major", .integer, .object(.deviceMajor), "The major part of the device number.", "fd.dev.major = 8"),
    Field("fd.dev.minor", .integer, .object(.deviceMinor), "The minor part of the device number.", "fd.dev.minor = 1"),
    Field("fd.ino", .integer, .object(.inode), "The inode.", "fd.ino = 1234"),
    Field(
      "fd.uid", .text, .event(.descriptorIdentity), "Thread id and descriptor number, joined.", "fd.uid = 47123"),
    Field(
      "fd.containername", .text, .event(.containerObjectName), "Container id and name, joined by a colon.",
      "fd.containername startswith 3ad7b26ded6d:"),
    Field(
      "fd.containerdirectory", .text, .event(.containerDirectory), "Container id and directory, joined by a colon.",
      "fd.containerdirectory = host:/etc"),
    Field(
      "fd.is_upper_layer", .boolean, .object(.upperLayer),
      "Whether the file is on the upper layer of an overlay file system.", "fd.is_upper_layer = true"),
    Field(
      "fd.is_lower_layer", .boolean, .object(.lowerLayer),
      "Whether the file is on a lower layer of an overlay file system.", "fd.is_lower_layer = true"),
    Field(
      "fd.is_deleted", .boolean, .object(.isDeleted), "Whether the file had no name any more.", "fd.is_deleted = true"),
    Field(
      "fd.mount_id", .integer, .object(.mount), "The number of the mount that the file was reached through.",
      "fd.mount_id = 29"),
    Field(
      "fd.open_flags", .text, .object(.openFlags), "How it was opened, as the flags that the kernel keeps.",
      "fd.open_flags contains O_APPEND"),
    Field(
      "fd.is_name_truncated", .boolean, .object(.isNameTruncated),
      "Whether the name was too long and only its end is recorded.", "fd.is_name_truncated = true"),
    Field(
      "fd.socket_source", .unsigned, .object(.socketSource),
      "A number for the own end of a unix socket; of netlink the port id.", "fd.socket_source exists",
      style: .hexadecimal),
    Field(
      "fd.socket_peer", .unsigned, .object(.socketPeer),
      "The number for the other end of a unix socket, which is that end's `fd.socket_source`.",
      "fd.socket_peer exists", style: .hexadecimal),
    Field(
      "fd.types", .text, .event(.descriptorTypes),
      "The kinds of the descriptors that the event is about; with a number that of the descriptor with this number.",
      "fd.types intersects (file)", argument: .optionalIndex, multiplicity: .list),
    Field(
      "fd.name_changed", .boolean, .event(.isNameChanged),
      "Whether the call gave the socket its name: it connects, or it moves a datagram of a socket without connection.",
      "fd.name_changed = true"),
    Field(
      "fdlist.nums", .text, .event(.polledDescriptors), "The numbers of the descriptors that `poll` waits for.",
      "fdlist.nums contains 5"),
  ]
}
