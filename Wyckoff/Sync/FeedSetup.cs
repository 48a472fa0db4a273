using Wyckoff.Primitives;
using Wyckoff.Sync.Providers;

namespace Wyckoff.Sync;

/// <summary>A feed to add or to change. Without a provider, the configured one is meant.</summary>
public sealed record FeedDraft(Symbol Symbol, Timeframe Timeframe, string? Provider, DateTimeOffset Since, int EverySeconds, bool Live)
{
    public const int DefaultEverySeconds = 3600;

    /// <summary>What is wrong with an interval; null if nothing is.</summary>
    public static string? CheckInterval(int seconds) =>
        seconds < 1 ? FormattableString.Invariant($"{seconds}: at least 1 second was expected.") : null;
}

/// <summary>Adds feeds for the verb <c>feeds add</c> and for <c>POST /v1/feeds</c>.</summary>
public sealed class FeedSetup(FeedStore feeds, SyncService sync)
{
    /// <summary>Adds a feed, or changes the existing one of this ticker, timeframe and provider. The feed is due at once.</summary>
    /// <exception cref="NoSuchProviderException">The draft names no provider, and it is not clear which one is meant.</exception>
    public async Task<FeedEntry> AddAsync(FeedDraft draft, CancellationToken cancellationToken)
    {
        var id = await feeds.AddAsync(
            draft.Symbol,
            draft.Timeframe,
            ProviderOf(draft.Provider, draft.Timeframe),
            draft.Timeframe.Bound(draft.Since),
            TimeSpan.FromSeconds(draft.EverySeconds),
            draft.Live,
            cancellationToken
        );
        return (await feeds.FindAsync(id, cancellationToken))!;
    }

    /// <summary>The provider of a feed. A named one is not checked: only the replicas that sync the feed must have it configured.</summary>
    /// <exception cref="NoSuchProviderException">None is named, and it is not clear which one is meant.</exception>
    public string ProviderOf(string? provider, Timeframe timeframe) => provider ?? sync.ProviderOf(null, timeframe).Name;
}
