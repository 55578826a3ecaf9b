internal import PerchWire
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Keeps messages that could not be sent in files of a directory, the oldest first to go when they are too many. One process at a time.
///
/// A message is a file `NUMBER-SIGNAL.otlp`, written aside and then renamed, so that what has that name is whole.
public final class SpoolDirectory: Sendable {
    private struct State {
        var files: [(number: UInt64, signal: OTLPSignal, bytes: Int)] = []
        var bytes = 0
        var next: UInt64 = 0
    }

    /// Why a directory cannot be used.
    public struct SpoolError: Error, CustomStringConvertible {
        public let description: String
    }

    private static let suffix = ".otlp"
    private let path: String
    private let bytesMax: Int
    private let state = Mutex(State())
    private let dropped = Atomic<UInt64>(0)

    /// Takes over what an earlier process left.
    ///
    /// - Parameter bytesMax: the most bytes that all files together may have.
    public init(path: String, bytesMax: Int = 64 << 20) throws(SpoolError) {
        self.path = path
        self.bytesMax = max(bytesMax, 0)
        if mkdir(path, 0o700) != 0 && errno != EEXIST { throw SpoolError(description: "\(path) cannot be made: \(errorText())") }
        guard let directory = opendir(path) else { throw SpoolError(description: "\(path) cannot be read: \(errorText())") }
        defer { closedir(directory) }
        var found = State()
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let file = SpoolDirectory.parse(name) {
                var status = stat()
                guard stat(path + "/" + name, &status) == 0 else { continue }
                found.files.append((file.number, file.signal, Int(status.st_size)))
                found.bytes += Int(status.st_size)
            } else if name.hasSuffix(".part") {
                unlink(path + "/" + name)
            }
        }
        found.files.sort { $0.number < $1.number }
        found.next = (found.files.last?.number ?? 0) &+ 1
        let files = found
        state.withLock { $0 = files }
    }

    /// Messages that were dropped, since there was no room or the disk failed.
    public var droppedMessages: UInt64 { dropped.load(ordering: .relaxed) }

    /// Messages that wait.
    public var count: Int { state.withLock { $0.files.count } }

    /// Puts a message on the disk. Older ones go where there is no room.
    public func put(_ message: [UInt8], _ signal: OTLPSignal) {
        state.withLock { state in
            guard message.count <= bytesMax else {
                dropped.add(1, ordering: .relaxed)
                return
            }
            while state.bytes + message.count > bytesMax, let oldest = state.files.first {
                remove(oldest.number, oldest.signal)
                state.files.removeFirst()
                state.bytes -= oldest.bytes
                dropped.add(1, ordering: .relaxed)
            }
            let number = state.next
            state.next += 1
            guard write(message, number, signal) else {
                dropped.add(1, ordering: .relaxed)
                return
            }
            state.files.append((number, signal, message.count))
            state.bytes += message.count
        }
    }

    /// The oldest message, and what to call when it was sent or never will be.
    public func oldest() -> (message: [UInt8], signal: OTLPSignal, done: @Sendable () -> Void)? {
        while true {
            guard let file = state.withLock({ $0.files.first }) else { return nil }
            if let message = read(file.number, file.signal) {
                return (message, file.signal, { self.forget(file.number, file.signal) })
            }
            // It was removed by somebody, or cannot be read any more.
            dropped.add(1, ordering: .relaxed)
            forget(file.number, file.signal)
        }
    }

    private func forget(_ number: UInt64, _ signal: OTLPSignal) {
        state.withLock { state in
            guard let index = state.files.firstIndex(where: { $0.number == number }) else { return }
            state.bytes -= state.files.remove(at: index).bytes
            remove(number, signal)
        }
    }

    private static func parse(_ name: String) -> (number: UInt64, signal: OTLPSignal)? {
        guard name.hasSuffix(suffix) else { return nil }
        let parts = name.dropLast(suffix.count).split(separator: "-")
        guard parts.count == 2, let number = UInt64(parts[0]), number < .max, let signal = OTLPSignal(rawValue: String(parts[1])) else {
            return nil
        }
        return (number, signal)
    }

    private func file(_ number: UInt64, _ signal: OTLPSignal) -> String { "\(path)/\(number)-\(signal.rawValue)\(Self.suffix)" }

    private func remove(_ number: UInt64, _ signal: OTLPSignal) { unlink(file(number, signal)) }

    private func write(_ message: [UInt8], _ number: UInt64, _ signal: OTLPSignal) -> Bool {
        let part = file(number, signal) + ".part"
        guard let output = fopen(part, "wb") else { return false }
        let isWritten = message.isEmpty || fwrite(message, message.count, 1, output) == 1
        let isClosed = fclose(output) == 0
        if isWritten && isClosed && rename(part, file(number, signal)) == 0 { return true }
        unlink(part)
        return false
    }

    private func read(_ number: UInt64, _ signal: OTLPSignal) -> [UInt8]? {
        guard let input = fopen(file(number, signal), "rb") else { return nil }
        defer { fclose(input) }
        var message: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&piece, 1, piece.count, input)
            message.append(contentsOf: piece[..<count])
            if count < piece.count { return ferror(input) == 0 ? message : nil }
        }
    }
}

private func errorText() -> String { String(cString: strerror(errno)) }
