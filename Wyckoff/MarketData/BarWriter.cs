using Npgsql;

namespace Wyckoff.MarketData;

/// <summary>Writes bars: exactly once, with all that follows from them, or not at all.</summary>
public sealed class BarWriter(NpgsqlDataSource source, TickerDirectory tickers)
{
    public Task<BarWriteResult> WriteAsync(IReadOnlyList<BarSet> sets, BarWriteOptions options, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"{source} {tickers} {sets} {options} {cancellationToken}");
}
