using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Sync.Providers;

/// <summary>A source from which bars can be fetched.</summary>
public interface IBarProvider
{
    /// <summary>The name, stored as the source of its bars; at most 20 characters.</summary>
    string Name { get; }

    IReadOnlyList<Timeframe> Timeframes { get; }

    /// <summary>
    /// Fetches the bars that open within a range, page by page, oldest page first. The range is aligned to the grid of the timeframe.
    /// Ranges and times of daily bars are session dates at 00:00 UTC. The bars are not validated yet.
    /// </summary>
    /// <exception cref="ProviderException">The provider refuses the request, or all retries failed.</exception>
    IAsyncEnumerable<ProviderPage> FetchAsync(Symbol symbol, Timeframe timeframe, TimeRange range, CancellationToken cancellationToken);
}

/// <summary>A page of a provider's answer.</summary>
public sealed record ProviderPage
{
    public required IReadOnlyList<IncomingBar> Bars { get; init; }

    /// <summary>The bars that could not be parsed.</summary>
    public IReadOnlyList<BarFault> Faults { get; init; } = [];

    /// <summary>With this page, all bars of the range that open before this instant have been returned.</summary>
    public required DateTimeOffset CompleteUntil { get; init; }

    /// <summary>The path and query of the request, without keys.</summary>
    public required string Request { get; init; }

    public required string ContentType { get; init; }

    /// <summary>The body of the answer as received.</summary>
    public required ReadOnlyMemory<byte> Payload { get; init; }
}

/// <summary>Why a bar was rejected. The timestamp is null if it could not be read; it is then unknown which bar is missing.</summary>
public readonly record struct BarFault(DateTimeOffset? Timestamp, string Reason)
{
    public override string ToString() =>
        Timestamp is { } timestamp ? FormattableString.Invariant($"{timestamp:yyyy-MM-ddTHH:mm:ssZ}: {Reason}") : Reason;
}

/// <summary>A provider failed or refused a request. The message names the provider and the reason, and contains no secret.</summary>
public sealed class ProviderException(string message, Exception? inner = null) : Exception(message, inner);
