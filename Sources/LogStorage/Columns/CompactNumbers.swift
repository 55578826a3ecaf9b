/// Numbers in memory, in as few bytes each as the greatest of them takes.
struct CompactNumbers: Sendable, RandomAccessCollection {
    private enum Storage: Sendable {
        case oneByte([UInt8])
        case twoBytes([UInt16])
        case fourBytes([UInt32])
        case eightBytes([UInt64])
    }

    private let storage: Storage
    let endIndex: Int

    init(_ numbers: [UInt64]) {
        var bits: UInt64 = 0
        for number in numbers { bits |= number }
        endIndex = numbers.count
        switch bits {
        case ...0xff: storage = .oneByte(numbers.map { UInt8(truncatingIfNeeded: $0) })
        case ...0xffff: storage = .twoBytes(numbers.map { UInt16(truncatingIfNeeded: $0) })
        case ...0xffff_ffff: storage = .fourBytes(numbers.map { UInt32(truncatingIfNeeded: $0) })
        default: storage = .eightBytes(numbers)
        }
    }

    var startIndex: Int { 0 }

    @inline(__always)
    subscript(index: Int) -> UInt64 {
        switch storage {
        case .oneByte(let numbers): UInt64(numbers[index])
        case .twoBytes(let numbers): UInt64(numbers[index])
        case .fourBytes(let numbers): UInt64(numbers[index])
        case .eightBytes(let numbers): numbers[index]
        }
    }

    var memoryBytes: Int {
        switch storage {
        case .oneByte: endIndex
        case .twoBytes: endIndex * 2
        case .fourBytes: endIndex * 4
        case .eightBytes: endIndex * 8
        }
    }
}
