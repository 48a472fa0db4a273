using System.Collections.Concurrent;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Writing;

/// <summary>
/// Caches the derivation state at the end of each window, so that appending bars does not read the lookback again. An entry is valid only
/// for one version of its window. The version is compared under the lock of the window, so writes by other processes cannot go unnoticed.
/// </summary>
internal sealed class DerivationCache
{
    // An entry takes about 600 bytes.
    private const int Capacity = 20_000;
    private readonly ConcurrentDictionary<(int, Timeframe), (long Version, BarDerivation State)> _entries = new();

    /// <summary>A copy of the state at the end of a window; null when it is not cached for this version.</summary>
    public BarDerivation? Find(int tickerId, Timeframe timeframe, long version) =>
        _entries.TryGetValue((tickerId, timeframe), out var entry) && entry.Version == version ? entry.State.Copy() : null;

    public void Set(int tickerId, Timeframe timeframe, long version, BarDerivation state)
    {
        if (_entries.Count >= Capacity)
        {
            _entries.Clear();
        }

        _entries[(tickerId, timeframe)] = (version, state);
    }

    public void Clear() => _entries.Clear();
}
