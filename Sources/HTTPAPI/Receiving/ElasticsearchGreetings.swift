internal import ByteCoding
internal import HTTPTypes

/// What senders ask an Elasticsearch before they send: who it is, whether it is well, and whether it takes their templates, policies and
/// pipelines. These are taken and say nothing here.
enum ElasticsearchGreetings {
    /// The version that senders see: one whose bulk API all of them know.
    private static let version = "8.17.0"

    static func answer(_ method: HTTPRequest.Method, _ parts: [String]) -> APIReply {
        let isWrite = method == .post || method == .put || method == .delete
        switch parts.first {
        case nil: return root
        case "_license": return ElasticsearchAPI.json(.ok) { license(&$0, within: "license") }
        case "_xpack": return ElasticsearchAPI.json(.ok) { features(&$0) }
        case "_cluster": return cluster(parts)
        case "_nodes": return ElasticsearchAPI.json { nodes(&$0) }
        case "_index_template", "_component_template", "_template", "_ilm", "_ingest", "_data_stream", "_alias", "_aliases", "_slm",
            "_security":
            return isWrite ? acknowledged : known(parts)
        default: return index(method, parts, isWrite: isWrite)
        }
    }

    private static let root = ElasticsearchAPI.json { writer in
        writer.beginObject()
        for (name, value) in [("name", "perch"), ("cluster_name", "perch"), ("cluster_uuid", "perch")] {
            writer.name(name)
            writer.value(value)
        }
        writer.name("version")
        writer.beginObject()
        for (name, value) in [
            ("number", version), ("build_flavor", "default"), ("build_type", "tar"), ("build_hash", "0"),
            ("build_date", "2024-12-11T12:08:05Z"), ("lucene_version", "9.12.0"), ("minimum_wire_compatibility_version", "7.17.0"),
            ("minimum_index_compatibility_version", "7.0.0"),
        ] {
            writer.name(name)
            writer.value(value)
        }
        writer.name("build_snapshot")
        writer.value(false)
        writer.endObject()
        writer.name("tagline")
        writer.value("You Know, for Search")
        writer.endObject()
    }

    private static let acknowledged = ElasticsearchAPI.json { writer in
        writer.beginObject()
        writer.name("acknowledged")
        writer.value(true)
        writer.endObject()
    }

    private static func license(_ writer: inout JSONTextWriter, within name: String) {
        writer.beginObject()
        writer.name(name)
        writer.beginObject()
        for (name, value) in [("status", "active"), ("uid", "perch"), ("type", "basic"), ("mode", "basic")] {
            writer.name(name)
            writer.value(value)
        }
        writer.endObject()
        writer.endObject()
    }

    private static func features(_ writer: inout JSONTextWriter) {
        writer.beginObject()
        writer.name("license")
        writer.beginObject()
        for (name, value) in [("uid", "perch"), ("type", "basic"), ("mode", "basic"), ("status", "active")] {
            writer.name(name)
            writer.value(value)
        }
        writer.endObject()
        writer.name("features")
        writer.beginObject()
        for feature in ["ilm", "data_streams", "security", "monitoring"] {
            writer.name(feature)
            writer.beginObject()
            writer.name("available")
            writer.value(true)
            writer.name("enabled")
            writer.value(feature == "ilm" || feature == "data_streams")
            writer.endObject()
        }
        writer.endObject()
        writer.endObject()
    }

    private static func cluster(_ parts: [String]) -> APIReply {
        ElasticsearchAPI.json { writer in
            writer.beginObject()
            writer.name("cluster_name")
            writer.value("perch")
            if parts.dropFirst().first == "health" {
                writer.name("status")
                writer.value("green")
                writer.name("timed_out")
                writer.value(false)
                for (name, value) in [
                    ("number_of_nodes", 1), ("number_of_data_nodes", 1), ("active_primary_shards", 1), ("active_shards", 1),
                ] {
                    writer.name(name)
                    writer.value(value)
                }
            }
            writer.endObject()
        }
    }

    /// Without nodes: a client that looks for them keeps to the address that it has.
    private static func nodes(_ writer: inout JSONTextWriter) {
        writer.beginObject()
        writer.name("_nodes")
        writer.beginObject()
        for name in ["total", "successful"] {
            writer.name(name)
            writer.value(1)
        }
        writer.name("failed")
        writer.value(0)
        writer.endObject()
        writer.name("cluster_name")
        writer.value("perch")
        writer.name("nodes")
        writer.beginObject()
        writer.endObject()
        writer.endObject()
    }

    /// Whatever is asked for is there, so that no sender has to bring it.
    private static func known(_ parts: [String]) -> APIReply {
        let name = parts.count > 1 ? parts[parts.count - 1] : "perch"
        return ElasticsearchAPI.json { writer in
            writer.beginObject()
            switch parts[0] {
            case "_index_template", "_component_template":
                let isIndex = parts[0] == "_index_template"
                writer.name(isIndex ? "index_templates" : "component_templates")
                writer.beginArray()
                writer.beginObject()
                writer.name("name")
                writer.value(name)
                writer.name(isIndex ? "index_template" : "component_template")
                writer.beginObject()
                if isIndex {
                    writer.name("index_patterns")
                    writer.beginArray()
                    writer.value(name + "*")
                    writer.endArray()
                }
                writer.endObject()
                writer.endObject()
                writer.endArray()
            case "_data_stream":
                writer.name("data_streams")
                writer.beginArray()
                writer.beginObject()
                writer.name("name")
                writer.value(name)
                writer.name("status")
                writer.value("GREEN")
                writer.endObject()
                writer.endArray()
            default:
                writer.name(name)
                writer.beginObject()
                writer.name("version")
                writer.value(1)
                writer.endObject()
            }
            writer.endObject()
        }
    }

    /// Any index exists, and may be made.
    private static func index(_ method: HTTPRequest.Method, _ parts: [String], isWrite: Bool) -> APIReply {
        if method == .head {
            return ElasticsearchAPI.json { writer in
                writer.beginObject()
                writer.endObject()
            }
        }
        let isAboutIndex = parts.count == 1 && !parts[0].hasPrefix("_")
        let isSetting = parts.count > 1 && ["_alias", "_aliases", "_mapping", "_settings", "_refresh", "_flush"].contains(parts[1])
        guard isAboutIndex || isSetting else {
            return ElasticsearchAPI.error(.notFound, "illegal_argument_exception", "there is nothing at /\(parts.joined(separator: "/"))")
        }
        return ElasticsearchAPI.json { writer in
            writer.beginObject()
            if isWrite {
                writer.name("acknowledged")
                writer.value(true)
                writer.name("shards_acknowledged")
                writer.value(true)
                writer.name("index")
                writer.value(parts[0])
            } else {
                writer.name(parts[0])
                writer.beginObject()
                writer.endObject()
            }
            writer.endObject()
        }
    }
}
