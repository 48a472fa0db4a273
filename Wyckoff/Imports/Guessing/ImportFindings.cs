using Wyckoff.Primitives;

namespace Wyckoff.Imports.Guessing;

/// <summary>
/// What an import finds out about its tickers while it is written, for the notes of its result. Lanes add to it in parallel.
/// </summary>
internal sealed class ImportFindings
{
    // A scale is a property of the file, so the first series are enough.
    private const int ComparedSeries = 20;

    private readonly Lock _lock = new();
    private readonly HashSet<int> _compared = [];
    private readonly List<string> _jumps = [];
    private readonly Dictionary<InstrumentGuess, SortedSet<string>> _guesses = [];

    public IEnumerable<string> Notes
    {
        get
        {
            lock (_lock)
            {
                return
                [
                    .. _guesses.Select(pair => pair.Key.Note([.. pair.Value.Select(Symbol.Parse)])).OfType<string>(),
                    .. _jumps.Take(1),
                    .. _jumps.Skip(1).Take(1).Select(_ => $"The first prices of {_jumps.Count - 1} more symbols do not fit, either."),
                ];
            }
        }
    }

    /// <summary>Whether the first price of a series is still to be compared with stored bars; true once for each series.</summary>
    public bool ShouldCompare(Series series)
    {
        lock (_lock)
        {
            return _compared.Count < ComparedSeries && _compared.Add(series.Index);
        }
    }

    public void AddJump(string note)
    {
        lock (_lock)
        {
            _jumps.Add(note);
        }
    }

    /// <summary>A ticker was created from a guess.</summary>
    public void AddGuess(Symbol symbol, InstrumentGuess guess)
    {
        lock (_lock)
        {
            if (!_guesses.TryGetValue(guess, out var symbols))
            {
                _guesses.Add(guess, symbols = new(StringComparer.Ordinal));
            }

            symbols.Add(symbol.Value);
        }
    }
}
