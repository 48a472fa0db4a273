using System.Text.Json;
using Wyckoff.Bars;

namespace Wyckoff.Tests.Api.Streams;

/// <summary>The bars of each symbol as a client knows them after applying the events.</summary>
internal sealed class StreamedBars
{
    private readonly Dictionary<string, long> _versions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SortedDictionary<long, IncomingBar>> _bars = new(StringComparer.Ordinal);

    public long Version(string symbol) => _versions.GetValueOrDefault(symbol, -1);

    public IReadOnlyDictionary<long, IncomingBar> Of(string symbol) => _bars[symbol];

    public void Apply(StreamEvent change)
    {
        if (change.Name == "reset")
        {
            _bars.Remove(change.Symbol);
            _versions.Remove(change.Symbol);
            return;
        }

        Assert.True(change.Version > Version(change.Symbol), $"{change.Symbol}: {change.Version} came after {Version(change.Symbol)}.");
        _versions[change.Symbol] = change.Version;
        if (change.Name == "snapshot")
        {
            _bars[change.Symbol] = [];
        }
        else
        {
            Assert.Equal("bars", change.Name);
            foreach (var range in change.Data.GetProperty("ranges").EnumerateArray())
            {
                var (from, to) = (
                    IncomingBar.TimeOf(range.GetProperty("from").GetDateTimeOffset()),
                    IncomingBar.TimeOf(range.GetProperty("to").GetDateTimeOffset())
                );
                foreach (var time in _bars[change.Symbol].Keys.Where(time => time >= from && time < to).ToList())
                {
                    _bars[change.Symbol].Remove(time);
                }
            }
        }

        foreach (var bar in change.Bars.Select(Bar))
        {
            Assert.True(
                _bars[change.Symbol].TryAdd(bar.Time, bar),
                $"{change.Symbol}: the bar of {bar.Timestamp:O} is outside the ranges of the event, or is there twice."
            );
        }
    }

    private static IncomingBar Bar(JsonElement row) =>
        new(
            IncomingBar.TimeOf(row.GetProperty("timestamp").GetDateTimeOffset()),
            Amount(row, "open"),
            Amount(row, "high"),
            Amount(row, "low"),
            Amount(row, "close"),
            (Int128)(row.GetProperty("volume").GetDecimal() * IncomingBar.One),
            row.GetProperty("tradeCount").ValueKind == JsonValueKind.Null ? IncomingBar.Unknown : row.GetProperty("tradeCount").GetInt32(),
            row.GetProperty("vwap").ValueKind == JsonValueKind.Null ? 0 : Amount(row, "vwap")
        );

    private static long Amount(JsonElement row, string name) => (long)(row.GetProperty(name).GetDecimal() * IncomingBar.One);
}
