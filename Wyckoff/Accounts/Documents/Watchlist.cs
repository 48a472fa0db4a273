using System.Globalization;
using Wyckoff.Primitives;

namespace Wyckoff.Accounts.Documents;

/// <summary>A named list of tickers that somebody looks at together. It may name tickers that do not exist (yet).</summary>
public sealed record Watchlist
{
    public const int MaxLists = 20;

    /// <summary>As many as one request for bars may name.</summary>
    public const int MaxSymbols = 100;

    public const int MaxName = 50;

    /// <summary>1 to 50 characters without control characters; unlike those of the other lists, ignoring case.</summary>
    public string Name { get; init; } = "";

    /// <summary>Ticker symbols in upper case, in the order of their owner: at most 100, each once.</summary>
    public IReadOnlyList<string> Symbols { get; init; } = [];

    internal static IEnumerable<FieldError> Errors(IReadOnlyList<Watchlist> lists)
    {
        const string field = "watchlists";
        if (lists.Count > MaxLists)
        {
            yield return new(field, FormattableString.Invariant($"The array has {lists.Count} lists; expected at most {MaxLists}."));
            yield break;
        }

        for (var i = 0; i < lists.Count; i++)
        {
            var (name, path) = (lists[i].Name, string.Create(CultureInfo.InvariantCulture, $"{field}[{i}]"));
            if (name.Trim().Length == 0 || name.EnumerateRunes().Count() > MaxName || name.Any(char.IsControl))
            {
                yield return new(
                    path + ".name",
                    $"{TradingProfile.Shown(name)} is not 1 to {MaxName} characters without control characters."
                );
            }
            else if (lists.Take(i).Any(other => string.Equals(other.Name, name, StringComparison.OrdinalIgnoreCase)))
            {
                yield return new(path + ".name", $"Another list has the name {TradingProfile.Shown(name)} already.");
            }

            foreach (var message in SymbolErrors(lists[i].Symbols).Take(1))
            {
                yield return new(path + ".symbols", message);
            }
        }
    }

    private static IEnumerable<string> SymbolErrors(IReadOnlyList<string> symbols)
    {
        if (symbols.Count > MaxSymbols)
        {
            yield return FormattableString.Invariant($"The array has {symbols.Count} symbols; expected at most {MaxSymbols}.");
        }

        foreach (var text in symbols.Where(text => !Symbol.TryParse(text, out var symbol) || symbol.Value != text))
        {
            yield return $"{TradingProfile.Shown(text)} is not a symbol: 1 to {Symbol.MaxLength} upper-case letters, digits or "
                + ". - _ / ^ = : are expected.";
        }

        if (symbols.GroupBy(symbol => symbol, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } repeated)
        {
            yield return $"{TradingProfile.Shown(repeated.Key)} is in the array more than once.";
        }
    }
}
