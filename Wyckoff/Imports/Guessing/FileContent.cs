namespace Wyckoff.Imports.Guessing;

/// <summary>What the rows of a file are, as far as its name says it.</summary>
internal enum FileContent
{
    Bars,

    /// <summary>Bid and ask prices.</summary>
    Quotes,

    /// <summary>Single trades or quotes.</summary>
    Ticks,

    /// <summary>Bars of one second.</summary>
    Seconds,

    OpenInterest,

    /// <summary>Bars of an option; the archive has one file per contract.</summary>
    Options,

    /// <summary>Bars of prices at which nothing was traded: mark prices, index prices, premiums.</summary>
    ComputedPrices,
}

/// <summary>Which contents are not imported, and why.</summary>
internal static class FileContents
{
    public const string QuoteFile = "This is a quote file (bid and ask prices): bars of trades are expected.";

    /// <summary>Why a file is not imported; null if it may be.</summary>
    public static string? Refusal(FileContent content, ImportOptions options) =>
        content switch
        {
            FileContent.Quotes when !options.Columns.HasPrices =>
                $"{QuoteFile} To import the bid prices, assign them: --map time=1,open=2,high=3,low=4,close=5,volume=none.",
            FileContent.Ticks => "This is a file of ticks (single trades or quotes): bars are expected.",
            FileContent.Seconds => "These are bars of one second: the shortest timeframe is 1m.",
            FileContent.OpenInterest => "This is a file of open interest: bars are expected.",
            FileContent.Options when options.Symbol is null =>
                "This is a file of options: its name gives all contracts the same symbol. Set --symbol for each contract.",
            FileContent.ComputedPrices when options.Symbol is null =>
                "These are mark prices, index prices or premiums, not trades. To import them nevertheless, set --symbol to a symbol of "
                    + "their own.",
            _ => null,
        };
}
