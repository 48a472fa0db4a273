using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using Wyckoff.Api;
using Wyckoff.Bars;
using Wyckoff.Bars.Files;
using Wyckoff.Bars.Reading;
using Wyckoff.Primitives;
using Wyckoff.Tests.Api;
using Wyckoff.Tickers;

namespace Wyckoff.Tests.Exports;

/// <summary>What is exported or downloaded can be imported without options, and gives the same bars.</summary>
public sealed class RoundTripTests(TestDatabase database) : ApiTestBase(database)
{
    private const string Bars = """
        SELECT timeframe, timestamp::text, open::text, high::text, low::text, close::text, volume::text, trade_count, vwap::text
          FROM ohlcv_bars
         WHERE symbol = $1 AND ($2 = '' OR timeframe = $2)
        """;

    // Both sides of UTC, one of them by more than half a day, and with and without summer time.
    private static readonly string[] Zones = ["UTC", "Asia/Tokyo", "America/New_York", "Europe/London", "Pacific/Auckland"];

    private static int _symbols;

    private sealed record Case(string Format, Timeframe Timeframe, string TickerZone, string LabelZone, string Text, int Count);

    [Fact]
    public void A_download_of_any_format_timeframe_and_zone_gives_the_same_bars() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(80),
            Prop.ForAll(Cases().ToArbitrary(), item => Task.Run(() => RoundTripAsync(item)).GetAwaiter().GetResult())
        );

    [Theory]
    [InlineData("Asia/Tokyo")]
    [InlineData("America/New_York")]
    [InlineData("Pacific/Auckland")]
    public async Task A_label_of_a_daily_bar_is_its_date_in_every_zone(string zone)
    {
        var item = Generated(new Random(1), Timeframe.Day1, 10) with { Format = "csv", TickerZone = "Europe/London", LabelZone = zone };
        await RoundTripAsync(item);
        await CopyLabelsAsync(item, 2, 6);
    }

    private async Task RoundTripAsync(Case item)
    {
        var symbol = NewSymbol();
        await UploadAsync($"symbol={symbol}&timeframe={item.Timeframe}&tickerTimezone={item.TickerZone}&rollUps=false", item.Text);
        var stored = await StoredAsync(symbol, item.Timeframe);
        Assert.Equal(item.Count, stored.Split('\n').Length);

        var url = $"/v1/bars/{symbol}?timeframe={item.Timeframe}&from=1990-01-01&format={item.Format}&timezone={item.LabelZone}";
        var file = await Client.GetByteArrayAsync(url, Token);
        await ForgetAsync(symbol);

        // The ticker is created anew, in the default zone.
        await UploadAsync("rollUps=false", file);
        Assert.Equal(stored, await StoredAsync(symbol, item.Timeframe));
    }

    [Fact]
    public void A_label_copied_from_an_answer_bounds_a_range_by_its_bar() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(40),
            Prop.ForAll(
                (
                    from item in Cases()
                    from first in Gen.Choose(0, item.Count - 1)
                    from more in Gen.Choose(1, item.Count)
                    select (Item: item, First: first, Last: Math.Min(first + more, item.Count) - 1)
                ).ToArbitrary(),
                test => Task.Run(() => CopyLabelsAsync(test.Item, test.First, test.Last)).GetAwaiter().GetResult()
            )
        );

    private async Task CopyLabelsAsync(Case item, int first, int last)
    {
        var symbol = NewSymbol();
        await UploadAsync($"symbol={symbol}&timeframe={item.Timeframe}&tickerTimezone={item.TickerZone}&rollUps=false", item.Text);
        var url = $"/v1/bars/{symbol}?timeframe={item.Timeframe}&timezone={item.LabelZone}";
        var labels = await LabelsAsync(url + "&last=1000");
        var to = last + 1 < labels.Count ? $"&to={Uri.EscapeDataString(labels[last + 1])}" : "";
        Assert.Equal(labels[first..(last + 1)], await LabelsAsync($"{url}&from={Uri.EscapeDataString(labels[first])}{to}"));
        // A plus that is not escaped is a space to the server.
        Assert.Equal(labels[first..(last + 1)], await LabelsAsync($"{url}&from={labels[first]}{to}"));
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("parquet")]
    public async Task An_export_of_several_symbols_gives_the_same_bars(string format)
    {
        var symbols = new[] { NewSymbol(), NewSymbol() };
        foreach (var (i, symbol) in symbols.Index())
        {
            await UploadAsync(
                $"symbol={symbol}&timeframe=1d&tickerTimezone=Asia/Tokyo",
                $"timestamp,open,high,low,close,volume,trade_count,vwap\n2024-01-02,1.5,2.25,0.5,1.12345678,{i + 1},7,1.5\n"
                    + "2024-01-03,1,2,0.5,1.5,0.00000001,,\n"
            );
        }

        var stored = string.Join('\n', await StoredAsync(symbols[0]), await StoredAsync(symbols[1]));
        var output = new MemoryStream();
        using (var writer = BarFileWriter.Create(EnumText.Parse<BarFormat>(format), output))
        {
            var export = new BarExport(Api.Services.GetRequiredService<BarReader>());
            foreach (var symbol in symbols)
            {
                var ticker = (await new TickerDirectory(Database.App).FindAsync(Symbol.Parse(symbol), Token))!;
                await export.WriteAsync(writer, Symbol.Parse(symbol), ticker.Id, Timeframe.Day1, null, null, Token);
            }

            await writer.FinishAsync(Token);
        }

        await ForgetAsync(symbols[0]);
        await ForgetAsync(symbols[1]);
        await UploadAsync("", output.ToArray());
        Assert.Equal(stored, string.Join('\n', await StoredAsync(symbols[0]), await StoredAsync(symbols[1])));
    }

    [Theory]
    [InlineData("1m 5m 15m 30m 1h 4h 1d")]
    [InlineData("1d 4h 1h 30m 15m 5m 1m")]
    public async Task A_file_of_several_timeframes_gives_the_same_bars(string order)
    {
        var symbol = NewSymbol();
        await UploadAsync($"symbol={symbol}&timeframe=1m&tickerTimezone=Asia/Tokyo", Generated(new Random(7), Timeframe.Minute1, 400).Text);
        // This day differs from that of the minutes.
        await UploadAsync(
            $"symbol={symbol}&timeframe=1d&onConflict=replace",
            "timestamp,open,high,low,close,volume\n2024-03-10,5,60000,0.25,7,3\n"
        );
        var stored = await StoredAsync(symbol);
        var text = new StringBuilder();
        foreach (var timeframe in order.Split(' '))
        {
            var part = await Client.GetStringAsync(
                $"/v1/bars/{symbol}?timeframe={timeframe}&from=1990-01-01&format=csv&timezone=America/New_York",
                Token
            );
            text.Append(text.Length == 0 ? part : part[(part.IndexOf('\n', StringComparison.Ordinal) + 1)..]);
        }

        await ForgetAsync(symbol);
        await UploadAsync("tickerTimezone=Asia/Tokyo", text.ToString());
        Assert.Equal(stored, await StoredAsync(symbol));
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("parquet")]
    public async Task Bars_that_fill_gaps_are_not_imported(string format)
    {
        var symbol = NewSymbol();
        await UploadAsync(
            $"symbol={symbol}&timeframe=1d",
            "timestamp,open,high,low,close,volume\n2024-01-02,1,2,0.5,1.5,10\n2024-01-05,1,2,0.5,1.5,10\n"
        );
        var stored = await StoredAsync(symbol);
        var file = await Client.GetByteArrayAsync(
            $"/v1/bars/{symbol}?timeframe=1d&from=2024-01-01&fill=previous&fields=all&format={format}",
            Token
        );
        await ForgetAsync(symbol);
        var upload = await UploadAsync("", file);
        Assert.Equal((2L, 2L), (upload.Inserted, upload.Rejected));
        Assert.All(
            Assert.Single(upload.Imports).FirstRejects,
            reject => Assert.Equal("filled is true: the row fills a gap and is no bar", reject.Reason)
        );
        Assert.Equal(stored, await StoredAsync(symbol));
    }

    [Theory]
    [InlineData("json")]
    [InlineData("ndjson")]
    public async Task JSON_is_refused_by_name(string format)
    {
        var symbol = NewSymbol();
        await UploadAsync($"symbol={symbol}&timeframe=1d", "timestamp,open,high,low,close,volume\n2024-01-02,1,2,0.5,1.5,10\n");
        using var content = Content(await Client.GetByteArrayAsync($"/v1/bars/{symbol}?timeframe=1d&format={format}", Token));
        using var response = await Client.PostAsync($"/v1/imports?symbol={symbol}&timeframe=1d", content, Token);
        Assert.Contains(
            "This is JSON: save it as CSV or Parquet",
            await response.Content.ReadAsStringAsync(Token),
            StringComparison.Ordinal
        );
    }

    private static Gen<Case> Cases() =>
        from format in Gen.Elements("csv", "parquet")
        from timeframe in Gen.OneOf(Gen.Elements(Timeframe.Stored.ToArray()), Gen.Constant(Timeframe.Day1))
        from tickerZone in Gen.Elements(Zones)
        from labelZone in Gen.Elements(Zones)
        from count in Gen.Choose(1, 30)
        from seed in Gen.Choose(0, int.MaxValue)
        select Generated(new Random(seed), timeframe, count) with
        {
            Format = format,
            TickerZone = tickerZone,
            LabelZone = labelZone,
        };

    /// <summary>Bars with gaps, around the nights in which clocks change.</summary>
    private static Case Generated(Random random, Timeframe timeframe, int count)
    {
        var start = new[] { new DateTime(2024, 3, 9), new DateTime(2024, 3, 31), new DateTime(2024, 11, 2), new DateTime(2023, 12, 30) }[
            random.Next(4)
        ];
        var text = new StringBuilder("timestamp,open,high,low,close,volume,trade_count,vwap\n");
        for (var (i, step) = (0, 0); i < count; i++, step += random.Next(1, 4))
        {
            var (low, high) = (random.NextInt64(1, 5_000_000_000), 0L);
            high = low + random.NextInt64(0, 1_000_000_000);
            text.Append((start + (step * timeframe.Width)).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture))
                .Append(CultureInfo.InvariantCulture, $",{Price()},{Amount(high)},{Amount(low)},{Price()},{Amount(random.NextInt64())}")
                .Append(CultureInfo.InvariantCulture, $",{(random.Next(2) == 0 ? "" : random.Next())}")
                .Append(CultureInfo.InvariantCulture, $",{(random.Next(2) == 0 ? "" : Price())}\n");

            string Price() => Amount(random.NextInt64(low, high + 1));
        }

        return new("", timeframe, "", "", text.ToString(), count);

        static string Amount(long units) => IncomingBar.Text(units);
    }

    private static string NewSymbol() => string.Create(CultureInfo.InvariantCulture, $"TRIP{Interlocked.Increment(ref _symbols)}");

    private static ByteArrayContent Content(byte[] file) =>
        new(file) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };

    private Task<UploadResponse> UploadAsync(string query, string text) => UploadAsync(query, Encoding.UTF8.GetBytes(text));

    private async Task<UploadResponse> UploadAsync(string query, byte[] file)
    {
        using var content = Content(file);
        using var response = await Client.PostAsync($"/v1/imports?{query}", content, Token);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Token));
        return (await response.Content.ReadFromJsonAsync<UploadResponse>(Token))!;
    }

    private Task<string> StoredAsync(string symbol, Timeframe? timeframe = null) =>
        Database.ScalarAsync<string>(
            $"SELECT string_agg(concat_ws('|', b.*), E'\\n' ORDER BY timeframe, timestamp) FROM ({Bars}) b",
            symbol,
            timeframe?.Name ?? ""
        );

    private async Task ForgetAsync(string symbol)
    {
        using var response = await Client.DeleteAsync($"/v1/tickers/{symbol}?confirm={symbol}", Token);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Token));
    }

    private async Task<List<string>> LabelsAsync(string url)
    {
        using var answer = JsonDocument.Parse(await Client.GetStringAsync(url, Token));
        return [.. answer.RootElement.GetProperty("bars").EnumerateArray().Select(bar => bar.GetProperty("timestamp").GetString()!)];
    }
}
