using Wyckoff.Bars;
using Wyckoff.Imports;
using Wyckoff.Imports.Delimited;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Imports;

/// <summary>Local times around the two changes of the clock.</summary>
public sealed class LocalTimeTests
{
    private static readonly ImportOptions NewYork = ImportedText.Spy with
    {
        TimeZone = TimeZoneInfo.FindSystemTimeZoneById("America/New_York"),
    };

    [Fact]
    public async Task A_time_that_the_clock_skipped_is_rejected()
    {
        var imported = await ReadAsync(NewYork, "2024-03-10 01:59", "2024-03-10 02:00", "2024-03-10 02:59", "2024-03-10 03:00");
        Assert.Equal(["2024-03-10T06:59:00Z", "2024-03-10T07:00:00Z"], Times(imported));
        Assert.Equal(
            [
                (3, "time 2024-03-10 02:00:00 does not exist in America/New_York: the clock was put forward over it"),
                (4, "time 2024-03-10 02:59:00 does not exist in America/New_York: the clock was put forward over it"),
            ],
            imported.Rejects.Select(reject => ((int)reject.Line, reject.Reason))
        );
    }

    [Fact]
    public async Task A_repeated_hour_is_summer_time_until_the_local_time_goes_back() =>
        Assert.Equal(
            [
                "2024-11-03T04:59:00Z",
                "2024-11-03T05:00:00Z",
                "2024-11-03T05:30:00Z",
                "2024-11-03T05:59:00Z",
                "2024-11-03T06:00:00Z",
                "2024-11-03T06:30:00Z",
                "2024-11-03T07:00:00Z",
            ],
            Times(
                await ReadAsync(
                    NewYork,
                    "2024-11-03 00:59",
                    "2024-11-03 01:00",
                    "2024-11-03 01:30",
                    "2024-11-03 01:59",
                    "2024-11-03 01:00",
                    "2024-11-03 01:30",
                    "2024-11-03 02:00"
                )
            )
        );

    [Fact]
    public async Task With_the_newest_row_first_a_repeated_hour_is_winter_time_until_the_local_time_goes_forward() =>
        Assert.Equal(
            [
                "2024-11-03T07:00:00Z",
                "2024-11-03T06:30:00Z",
                "2024-11-03T06:00:00Z",
                "2024-11-03T05:59:00Z",
                "2024-11-03T05:00:00Z",
                "2024-11-03T04:59:00Z",
            ],
            Times(
                await ReadAsync(
                    NewYork,
                    "2024-11-03 02:00",
                    "2024-11-03 01:30",
                    "2024-11-03 01:00",
                    "2024-11-03 01:59",
                    "2024-11-03 01:00",
                    "2024-11-03 00:59"
                )
            )
        );

    [Fact]
    public async Task The_second_hourly_bar_of_a_repeated_hour_is_in_winter_time() =>
        Assert.Equal(
            ["2024-11-03T04:00:00Z", "2024-11-03T05:00:00Z", "2024-11-03T06:00:00Z", "2024-11-03T07:00:00Z"],
            Times(
                await ReadAsync(
                    NewYork with
                    {
                        Timeframe = Timeframe.Hour1,
                    },
                    "2024-11-03 00:00",
                    "2024-11-03 01:00",
                    "2024-11-03 01:00",
                    "2024-11-03 02:00"
                )
            )
        );

    [Fact]
    public async Task A_duplicate_row_does_not_start_the_second_run_of_a_repeated_hour() =>
        Assert.Equal(
            ["2024-11-03T05:00:00Z", "2024-11-03T05:00:00Z", "2024-11-03T05:01:00Z"],
            Times(await ReadAsync(NewYork, "2024-11-03 01:00", "2024-11-03 01:00", "2024-11-03 01:01"))
        );

    [Fact]
    public async Task A_repeated_hour_is_tracked_per_symbol()
    {
        var imported = await ImportedText.OfAsync(
            "symbol,time,open,high,low,close,volume\n"
                + string.Concat(
                    new[] { "A 00:30", "A 01:30", "A 01:00", "B 01:00", "B 01:30", "B 01:00" }.Select(row =>
                        $"{row[0]},2024-11-03 {row[2..]},1,2,0.5,1.5,10\n"
                    )
                ),
            NewYork with
            {
                Symbol = null,
            }
        );
        Assert.Equal(
            ["A 04:30", "A 05:30", "A 06:00", "B 05:00", "B 05:30", "B 06:00"],
            imported.Bars.Select(row => $"{row.Series[0]} {row.Bar.Timestamp:HH:mm}")
        );
    }

    [Fact]
    public async Task The_date_of_a_daily_bar_is_its_session_in_every_zone() =>
        Assert.Equal(
            ["2024-11-03T00:00:00Z", "2024-11-04T00:00:00Z", "2024-11-05T21:00:00Z"],
            Times(await ReadAsync(NewYork with { Timeframe = Timeframe.Day1 }, "2024-11-03", "2024-11-04 00:00", "2024-11-05 16:00"))
        );

    [Fact]
    public void Local_times_of_ten_years_convert_back_to_UTC()
    {
        foreach (
            var id in (string[])["America/New_York", "Europe/London", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata", "UTC"]
        )
        {
            var zone = TimeZoneInfo.FindSystemTimeZoneById(id);
            var local = new LocalTime(zone, descending: false);
            var state = new ClockState();
            const long width = 15 * TimestampParts.Minute;
            // In ascending order, so that times of repeated hours are resolved, too.
            for (
                var utc = IncomingBar.TimeOf(new(2015, 1, 1, 0, 0, 0, TimeSpan.Zero));
                utc < IncomingBar.TimeOf(new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero));
                utc += width
            )
            {
                var clock = utc + (zone.GetUtcOffset(IncomingBar.InstantOf(utc)).Ticks / TimeSpan.TicksPerMicrosecond);
                if (!local.TryResolve(clock, width, state, out var resolved) || resolved != utc)
                {
                    Assert.Fail($"{id}: {IncomingBar.InstantOf(utc):O} came back as {IncomingBar.InstantOf(resolved):O}");
                }
            }
        }
    }

    private static Task<ImportedText> ReadAsync(ImportOptions options, params string[] times) =>
        ImportedText.OfAsync(
            "time,open,high,low,close,volume\n" + string.Concat(times.Select(time => time + ",1,2,0.5,1.5,10\n")),
            options
        );

    private static IEnumerable<string> Times(ImportedText imported) =>
        imported.Bars.Select(row => ImportedText.Line(row.Bar).Split(' ')[0]);
}
