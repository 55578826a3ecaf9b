internal import CXXHash

/// The XXH3 64-bit hash of some bytes (xxHash specification 0.1.1, seed 0). The same on every machine, so it may be stored.
///
/// A hash is never an identity: confirm every hit by comparing the bytes.
public func hash64(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    guard let base = bytes.baseAddress else { return perch_xxh3_64(nil, 0) }
    return perch_xxh3_64(base, bytes.count)
}

/// The XXH3 64-bit hash of an array of bytes.
public func hash64(_ bytes: [UInt8]) -> UInt64 {
    bytes.withUnsafeBytes { hash64($0) }
}
