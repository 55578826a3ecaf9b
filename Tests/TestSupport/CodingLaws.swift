public import Testing

/// Holds a codec to its first law: what was encoded decodes to the same value.
public func checkRoundTrip<Value: Equatable>(
    _ value: Value, encode: (Value) throws -> [UInt8], decode: ([UInt8]) throws -> Value,
    _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
) {
    do {
        let decoded = try decode(encode(value))
        if decoded != value {
            Issue.record("decoded \(decoded) from the bytes of \(value). \(comment?.rawValue ?? "")", sourceLocation: sourceLocation)
        }
    } catch {
        Issue.record("\(error) for \(value). \(comment?.rawValue ?? "")", sourceLocation: sourceLocation)
    }
}

/// Gives a decoder every proper prefix of good bytes. It must not trap; and where `mustThrow`, it must refuse each.
public func checkTruncationNeverTraps(
    _ bytes: [UInt8], mustThrow: Bool = true, sourceLocation: SourceLocation = #_sourceLocation, decode: ([UInt8]) throws -> Void
) {
    for length in 0..<bytes.count {
        do {
            try decode(Array(bytes[..<length]))
            if mustThrow { Issue.record("\(length) of \(bytes.count) bytes were taken", sourceLocation: sourceLocation) }
        } catch {
            continue
        }
    }
}

/// Gives a decoder good bytes with a few bits or bytes changed, `rounds` times. It must not trap; and where `mustThrow`, it must
/// refuse each changed copy.
public func checkDamageNeverTraps(
    _ bytes: [UInt8], rounds: Int, using generator: inout SeededGenerator, mustThrow: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation, decode: ([UInt8]) throws -> Void
) {
    guard !bytes.isEmpty else { return }
    for round in 0..<rounds {
        var damaged = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let index = Int.random(in: 0..<damaged.count, using: &generator)
            if Bool.random(using: &generator) {
                damaged[index] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            } else {
                damaged[index] = UInt8.random(in: 0...255, using: &generator)
            }
        }
        do {
            try decode(damaged)
            if mustThrow, damaged != bytes {
                Issue.record("damaged bytes were taken (seed \(generator.seed), round \(round))", sourceLocation: sourceLocation)
            }
        } catch {
            continue
        }
    }
}
