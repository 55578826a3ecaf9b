internal import GoTemplate

/// Renders a text with a few values and functions that tests use.
func render(_ text: String, _ root: TemplateValue = sample, limits: TemplateLimits = TemplateLimits()) throws -> String {
    var set = TemplateSet(functions: testFunctions)
    try set.add(text, name: "t")
    return try set.text("t", root, provided: [.text("given")], limits: limits)
}

/// The message with which a text fails.
func failure(_ text: String, _ root: TemplateValue = sample, limits: TemplateLimits = TemplateLimits()) -> String? {
    do {
        _ = try render(text, root, limits: limits)
        return nil
    } catch let error as TemplateError {
        return error.message
    } catch {
        return "another error: \(error)"
    }
}

/// An object with a field and methods.
struct Person: TemplateObject {
    var typeName: String { "*main.Person" }
    var printed: [UInt8] { Array("person".utf8) }

    func member(_ name: String) -> TemplateMember? {
        switch name {
        case "Name": .field(.text("Ann"))
        case "Tags": .field(.map(.strings([("b", "2"), ("a", "1")])))
        case "Greet":
            .method(
                TemplateFunction([.string], variadic: .int) { call throws(TemplateFault) in
                    .text("hello \(call.text(0)) \(call.arguments.count - 1)")
                })
        default: nil
        }
    }
}

let sample = TemplateValue.map(
    TemplateMap([
        (key: Array("s".utf8), value: .text("text")), (key: Array("empty".utf8), value: .text("")), (key: Array("n".utf8), value: .int(17)),
        (key: Array("f".utf8), value: .float(1.5)), (key: Array("yes".utf8), value: .bool(true)),
        (key: Array("no".utf8), value: .bool(false)),
        (key: Array("list".utf8), value: .list([.int(1), .text("two"), .float(3)])), (key: Array("none".utf8), value: .none),
        (key: Array("map".utf8), value: .map(.strings([("b", "2"), ("a", "1")]))), (key: Array("person".utf8), value: .object(Person())),
        (key: Array("time".utf8), value: .time(GoTime(seconds: 1_700_000_000))),
        (
            key: Array("add".utf8),
            value: .function(
                TemplateFunction([.int, .int]) { call throws(TemplateFault) in
                    .int(Int64(call.int(0) + call.int(1)))
                })
        ),
    ]))

private let testFunctions: FunctionTable = {
    var table = FunctionTable.builtin
    table.add("upper", [.string]) { call throws(TemplateFault) in .text(call.text(0).uppercased()) }
    table.add("half", [.float]) { call throws(TemplateFault) in .float(call.float(0) / 2) }
    table.add("plus", [.int, .int]) { call throws(TemplateFault) in .int(Int64(call.int(0) &+ call.int(1))) }
    table.add("fail", [.any]) { _ throws(TemplateFault) in throw TemplateFault("it failed") }
    table.add("double", [.string]) { call throws(TemplateFault) in .string(call.string(0) + call.string(0)) }
    table.add("expand", [.string, .any]) { call throws(TemplateFault) in .string(try call.expand(call.text(0), call.arguments[1])) }
    table["given"] = .provided(0)
    return table
}()
