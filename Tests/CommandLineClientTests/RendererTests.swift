internal import Testing

@testable internal import CommandLineClient

struct RendererTests {
    @Test func `a table has a column for every label`() {
        #expect(
            TableRenderer.render(ReplySamples.vector) == """
                NAME  instance  job  zone                                           VALUE
                up    a:80      api                                                     1
                up                   x,"y"                                        12345.5
                                            {count:3, sum:4.5, [-0.001,0.001]:1, (1,2]:2}

                """)
    }

    @Test func `a table of ranges has a row for every point`() {
        #expect(
            TableRenderer.render(ReplySamples.matrix) == """
                job  TIME                                                            VALUE
                api  1970-01-01T00:00:00Z                                                1
                api  1970-01-01T00:00:01.5Z                                           +Inf
                api  1970-01-01T00:00:03Z    {count:3, sum:4.5, [-0.001,0.001]:1, (1,2]:2}

                """)
        #expect(TableRenderer.render(ReplySamples.scalar) == "NaN\n")
        #expect(TableRenderer.render(QueryReply(.vector([]))) == "")
    }

    @Test func `tables align by what shows and keep to one line a row`() {
        var table = TextTable([.init(title: "A"), .init(title: "B", alignment: .trailing)])
        table.add(["日本", "1"])
        table.add(["e\u{301}", "22"])
        table.add(["two\nlines", "3"])
        #expect(table.rendered() == "A            B\n日本         1\ne\u{301}           22\ntwo\\nlines   3\n")
    }

    @Test func `CSV follows RFC 4180`() {
        let expected = [
            "__name__,instance,job,zone,timestamp,value", "up,a:80,api,,1700000000.123,1", "up,,,\"x,\"\"y\"\"\",1700000000.123,12345.5",
            ",,,,1700000000,\"{count:3, sum:4.5, [-0.001,0.001]:1, (1,2]:2}\"", "",
        ]
        #expect(CSVRenderer.render(ReplySamples.vector) == expected.joined(separator: "\r\n"))
        #expect(CSVRenderer.render(ReplySamples.scalar) == "timestamp,value\r\n1,NaN\r\n")
        #expect(CSVRenderer.render(QueryReply(.string(1500, "a\nb"))) == "timestamp,value\r\n1.500,\"a\nb\"\r\n")
    }

    @Test func `JSON is one line with sorted members`() {
        let histogram = #"{"buckets":[[3,"-0.001","0.001","1"],[0,"1","2","2"]],"count":"3","sum":"4.5"}"#
        #expect(
            JSONRenderer.render(ReplySamples.vector)
                == #"{"infos":[],"result":["#
                + #"{"metric":{"__name__":"up","instance":"a:80","job":"api"},"value":[1700000000.123,"1"]},"#
                + #"{"metric":{"__name__":"up","zone":"x,\"y\""},"value":[1700000000.123,"12345.5"]},"#
                + #"{"histogram":[1700000000,\#(histogram)],"metric":{}}"#
                + #"],"resultType":"vector","warnings":["careful"]}"# + "\n")
        #expect(
            JSONRenderer.render(ReplySamples.matrix)
                == #"{"infos":[],"result":[{"histograms":[[3,\#(histogram)]],"metric":{"job":"api"},"values":[[0,"1"],[1.500,"+Inf"]]}],"#
                + #""resultType":"matrix","warnings":[]}"# + "\n")
        #expect(JSONRenderer.render(ReplySamples.scalar) == #"{"infos":[],"result":[1,"NaN"],"resultType":"scalar","warnings":[]}"# + "\n")
    }

    @Test func `JSON escapes what has to be`() {
        var json = JSONText()
        json.string("a\"\\\n\t\r\u{1}é")
        #expect(json.text == #""a\"\\\n\t\r\u0001é""#)
    }
}
