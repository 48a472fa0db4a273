using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Imports.Guessing;

/// <summary>
/// Asset type and time zone of a ticker that an import creates, as far as the options do not give them: a function of the symbol and the
/// path of the file. A stock in New York unless the path or the symbol is certain.
/// </summary>
/// <param name="AssetType">stock, forex, crypto, commodity …</param>
/// <param name="Timezone">The IANA zone in which the days of the ticker begin.</param>
/// <param name="Reason">What the guess is from; null if nothing was guessed.</param>
public sealed record InstrumentGuess(string AssetType, string Timezone, string? Reason)
{
    /// <summary>Guesses the instrument.</summary>
    /// <param name="symbol">The symbol of the ticker.</param>
    /// <param name="file">The path of the file, with the name of the file in an archive after an exclamation mark.</param>
    /// <param name="options">The options of the import; what they give is not guessed.</param>
    public static InstrumentGuess Of(Symbol symbol, string file, ImportOptions options) => Of(symbol, FileName.Of(file), options);

    internal static InstrumentGuess Of(Symbol symbol, FileName name, ImportOptions options)
    {
        var (type, zone, reason) =
            name.AssetType is { } ofPath and not "cfd" ? (ofPath, name.DayZone, "the folders of the file")
            : CurrencyPair.TypeOf(symbol.Value) is { } ofSymbol ? (ofSymbol, "UTC", "the symbol")
            : (name.AssetType, name.DayZone, name.AssetType is null ? null : "the folders of the file");
        // A ticker that the user calls a stock has no days of a currency, whatever its symbol looks like.
        if (options.AssetType is { } given && !given.Equals(type, StringComparison.OrdinalIgnoreCase))
        {
            (type, zone) = (given, null);
        }

        var guess = new InstrumentGuess(
            options.AssetType ?? type ?? TickerFields.Default.AssetType,
            options.TickerTimeZone ?? zone ?? TickerFields.Default.Timezone,
            reason
        );
        var without = TickerFields.Default;
        return guess.AssetType == (options.AssetType ?? without.AssetType) && guess.Timezone == (options.TickerTimeZone ?? without.Timezone)
            ? guess with
            {
                Reason = null,
            }
            : guess;
    }

    /// <summary>A note for the user on guesses of one kind; null if nothing was guessed.</summary>
    /// <param name="symbols">The symbols, of which the first ones are named.</param>
    public string? Note(IReadOnlyCollection<Symbol> symbols) =>
        Reason is null
            ? null
            : $"{Listed(symbols)} {(symbols.Count == 1 ? "is" : "are")} taken for {AssetType} by {Reason}; "
                + $"{(symbols.Count == 1 ? "its" : "their")} days are those of {Timezone} (see --asset-type, --ticker-timezone).";

    private static string Listed(IReadOnlyCollection<Symbol> symbols) =>
        symbols.Count <= 3 ? string.Join(", ", symbols) : $"{string.Join(", ", symbols.Take(3))} and {symbols.Count - 3} more";
}
