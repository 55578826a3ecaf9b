internal import Glibc
internal import Synchronization

/// Ports for programs that cannot be told to take any and say which.
///
/// They lie below those that the system gives to whoever asks for any, since one of these may be somebody's end of a connection by the time
/// that the program wants it.
public enum FreePorts {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    private static let range = 10_000..<32_000
    /// What was given to a test of this process is not given to another.
    private static let given = Mutex<Set<Int>>([])

    /// A port of 127.0.0.1 that nothing listens on.
    public static func one() throws -> Int { try first(of: 1) }

    /// The first of so many such ports in a row.
    public static func first(of count: Int) throws -> Int {
        for _ in 0..<1000 {
            let first = Int.random(in: range.lowerBound...(range.upperBound - count))
            let ports = first..<first + count
            let isNew = given.withLock { given in
                guard given.isDisjoint(with: ports) else { return false }
                given.formUnion(ports)
                return true
            }
            if isNew, ports.allSatisfy(isFree) { return first }
        }
        throw Failure(description: "there are no \(count) free ports in a row")
    }

    private static func isFree(_ port: Int) -> Bool {
        [SOCK_STREAM, SOCK_DGRAM].allSatisfy { type in
            let descriptor = socket(AF_INET, Int32(type.rawValue), 0)
            guard descriptor >= 0 else { return false }
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
        }
    }
}
