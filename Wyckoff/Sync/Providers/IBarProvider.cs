using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Sync.Providers;

/// <summary>Somebody who can be asked for bars.</summary>
public interface IBarProvider
{
    /// <summary>The source its bars carry; at most 20 characters.</summary>
    string Name { get; }

    IReadOnlyList<Timeframe> Timeframes { get; }

    /// <summary>
    /// The bars that open within the range, page by page, oldest page first. The range is on the grid of the timeframe; for daily bars it is one of session dates
    /// at 00:00 UTC, and so are the times of the bars. What comes is as the provider said it: nobody has judged it yet.
    /// </summary>
    /// <exception cref="ProviderException">It refuses, or still fails after all retries.</exception>
    IAsyncEnumerable<ProviderPage> FetchAsync(Symbol symbol, Timeframe timeframe, TimeRange range, CancellationToken cancellationToken);
}

/// <summary>One answer of a provider.</summary>
public sealed record ProviderPage
{
    public required IReadOnlyList<IncomingBar> Bars { get; init; }

    /// <summary>Bars that could not even be read.</summary>
    public IReadOnlyList<BarFault> Faults { get; init; } = [];

    /// <summary>With this page, all there is of the range before this instant has come.</summary>
    public required DateTimeOffset CompleteUntil { get; init; }

    /// <summary>Path and query, without any key.</summary>
    public required string Request { get; init; }

    public required string ContentType { get; init; }

    /// <summary>The answer as it came.</summary>
    public required ReadOnlyMemory<byte> Payload { get; init; }
}

/// <summary>Why a bar was refused. Where not even its time is known, nobody can say what is missing now.</summary>
public readonly record struct BarFault(DateTimeOffset? Timestamp, string Reason)
{
    public override string ToString() =>
        Timestamp is { } timestamp ? FormattableString.Invariant($"{timestamp:yyyy-MM-ddTHH:mm:ssZ}: {Reason}") : Reason;
}

/// <summary>A provider does not give what it was asked for; the message says who and why, and holds no secret.</summary>
public sealed class ProviderException(string message, Exception? inner = null) : Exception(message, inner);
