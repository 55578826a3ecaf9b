/// A type that one node of a configuration document can be read as.
public protocol ConfigDecodable {
    /// Reads the value.
    ///
    /// - Throws: ``ConfigError`` at the node, or at the part of it that is wrong.
    init(config node: ConfigNode) throws(ConfigError)
}

extension String: ConfigDecodable {
    public init(config node: ConfigNode) throws(ConfigError) { self = try node.string() }
}

extension Bool: ConfigDecodable {
    public init(config node: ConfigNode) throws(ConfigError) { self = try node.bool() }
}

extension Int: ConfigDecodable {
    public init(config node: ConfigNode) throws(ConfigError) { self = try node.int() }
}

extension Double: ConfigDecodable {
    public init(config node: ConfigNode) throws(ConfigError) { self = try node.double() }
}

extension Array: ConfigDecodable where Element: ConfigDecodable {
    public init(config node: ConfigNode) throws(ConfigError) {
        self = try node.list { (element) throws(ConfigError) in try Element(config: element) }
    }
}
