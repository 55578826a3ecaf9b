import Testing

@testable import CommandLineClient

@Suite struct RecurrenceTests {
    private func json(_ text: String) throws -> String {
        var json = JSONText()
        json.array(try RecurrenceArgument.intervals(text)) { $1.write(to: &$0) }
        return json.text
    }

    @Test func `times over midnight become two intervals, the second on the day after`() throws {
        #expect(
            try json("weekdays=mon:fri,times=22:00-06:00,zone=Europe/Berlin") == """
                [{"times":[{"start_time":"22:00","end_time":"24:00"}],"weekdays":["monday:friday"],"location":"Europe/Berlin"},\
                {"times":[{"start_time":"00:00","end_time":"06:00"}],"weekdays":["tuesday:saturday"],"location":"Europe/Berlin"}]
                """)
    }

    @Test func `a range of days that goes over Saturday becomes two`() throws {
        #expect(try json("weekdays=fri:mon") == #"[{"weekdays":["friday:saturday","sunday:monday"]}]"#)
        #expect(
            try json("weekdays=sat,times=23:00-01:00") == """
                [{"times":[{"start_time":"23:00","end_time":"24:00"}],"weekdays":["saturday"]},\
                {"times":[{"start_time":"00:00","end_time":"01:00"}],"weekdays":["sunday"]}]
                """)
        #expect(try json("weekdays=mon:sun") == #"[{"weekdays":["sunday:saturday"]}]"#)
    }

    @Test func `several values of a field are parted by a plus`() throws {
        #expect(
            try json("days_of_month=1:7+-1,months=may:august,years=2026,times=9:00-12:00+13:00-17:30") == """
                [{"times":[{"start_time":"09:00","end_time":"12:00"},{"start_time":"13:00","end_time":"17:30"}],\
                "days_of_month":["1:7","-1"],"months":["may:august"],"years":["2026"]}]
                """)
        #expect(try json("times=22:00-24:00") == #"[{"times":[{"start_time":"22:00","end_time":"24:00"}]}]"#)
        #expect(try json("times=22:00-00:00") == #"[{"times":[{"start_time":"22:00","end_time":"24:00"}]}]"#)
    }

    @Test(arguments: [
        "weekdays", "weekdays=funday", "weekdays=mon:tue:wed", "times=22:00", "times=25:00-26:00", "times=9:60-10:00", "times=24:00-06:00",
        "colour=red", "times=22:00-06:00,months=may", "times=09:00-09:00",
    ])
    func `what cannot be meant is refused`(text: String) {
        #expect(throws: ClientError.self) { try RecurrenceArgument.intervals(text) }
    }
}
