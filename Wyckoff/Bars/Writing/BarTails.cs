using System.Collections.Concurrent;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Writing;

/// <summary>
/// What the last bars of a ticker and timeframe were, as of a version: so that whoever appends need not read them again. The version is compared under the lock of the
/// bars, so it does not matter who else writes.
/// </summary>
internal sealed class BarTails
{
    // Some 600 bytes each.
    private const int Most = 20_000;
    private readonly ConcurrentDictionary<(int, Timeframe), (long Version, BarDerivation Tail)> _tails = new();

    public BarDerivation? At(int tickerId, Timeframe timeframe, long version) =>
        _tails.TryGetValue((tickerId, timeframe), out var known) && known.Version == version ? known.Tail.Copy() : null;

    public void Remember(int tickerId, Timeframe timeframe, long version, BarDerivation tail)
    {
        if (_tails.Count >= Most)
        {
            _tails.Clear();
        }

        _tails[(tickerId, timeframe)] = (version, tail);
    }

    public void Forget() => _tails.Clear();
}
