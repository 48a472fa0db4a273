using Wyckoff.Api.Access;
using Wyckoff.Api.OpenApi;
using Wyckoff.Bars;
using Wyckoff.Bars.Reading;
using Wyckoff.Imports.Opening;
using Wyckoff.Imports.Previews;
using Wyckoff.Primitives;

namespace Wyckoff.Api;

/// <summary>Shows what an import of an uploaded file would do.</summary>
public static class ImportPreviewsApi
{
    private const string Bar = """
        {"symbol":"SPY","timeframe":"1d","timestamp":"2024-06-03T00:00:00Z","open":529.02,"high":530.11,"low":522.6,"close":527.8,
          "volume":46835700,"tradeCount":null,"vwap":null}
        """;

    private const string Example = $$"""
        {"maxRows":1000,"files":[{"file":"spy.csv","size":87,"error":null,"rows":2,"isWhole":true,"rejected":1,"rounded":0,
          "layout":{"format":"text","compression":null,"encoding":"UTF-8","vendor":null,"delimiter":",","hasHeader":true,"firstLine":2,
            "columns":[{"number":1,"name":"timestamp","field":"time"},{"number":2,"name":"open","field":"open"},
              {"number":3,"name":"high","field":"high"},{"number":4,"name":"low","field":"low"},{"number":5,"name":"close","field":"close"},
              {"number":6,"name":"volume","field":"volume"}],
            "symbol":{"value":"SPY","from":"option"},"timeframe":{"value":"1d","from":"option"},"timezone":null,
            "dateFormat":{"value":"yyyy-MM-dd","from":"detected"},"decimalPoint":".","newestFirst":false},
          "notes":[],
          "series":[{"symbol":"SPY","timeframe":"1d",
            "ticker":{"exists":false,"assetType":"stock","timezone":"America/New_York","allowsNegative":false},
            "bars":1,"duplicates":0,"new":1,"equal":0,"rolledUp":0,"differing":0,"onConflict":"skip","firstDifferences":[]}],
          "seriesNotShown":0,"firstBars":[{{Bar}}],
          "firstRejects":[{"line":3,"text":"2024-06-04,528,,522,527,1","reason":"high is empty"}],
          "earlierImports":[],"alreadyImportedBy":null}],"filesNotShown":0}
        """;

    public static void MapImportPreviews(this IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/v1/imports/preview", PostAsync)
            .Needs(EndpointAccess.ChangeMarketData)
            .WithTags("Imports")
            .WithName("PreviewImport")
            .WithSummary(
                "Show what an import of the body would do, from its first rows; nothing is written. Of text and gzip only the beginning is "
                    + "read; zip and Parquet are read after the upload."
            )
            .TakesFile()
            .Produces<ImportPreviewResponse>()
            .Answers("application/json", Example);

    private static async Task<IResult> PostAsync(
        HttpContext context,
        ImportPreviewer previewer,
        IConfiguration configuration,
        CancellationToken cancellationToken
    )
    {
        var (upload, problem) = await ImportsApi.ReadUploadAsync(context, configuration, cancellationToken);
        if (upload is null)
        {
            return problem!;
        }

        // The server discards what the client still sends for some seconds, then it closes the connection. A client that is told stops.
        if (HttpProtocol.IsHttp11(context.Request.Protocol) && context.Request.ContentLength is null or > ImportPreviewer.MaxBytes)
        {
            context.Response.Headers.Connection = "close";
        }

        return TypedResults.Ok(
            ImportPreviewResponse.Of(
                await previewer.PreviewAsync(upload.Body, upload.Name, upload.Length, upload.Options, cancellationToken)
            )
        );
    }
}

/// <summary>What an import would do with the files of an upload: the file, or the first entries of an archive.</summary>
public sealed record ImportPreviewResponse(int MaxRows, IReadOnlyList<FilePreviewResponse> Files, int FilesNotShown)
{
    public static ImportPreviewResponse Of(ImportPreview preview) =>
        new(ImportPreviewer.MaxRows, [.. preview.Files.Select(FilePreviewResponse.Of)], preview.NotShown);
}

/// <summary>
/// What an import would do with one file. 'rows' counts the rows that were read, which are all of them if 'isWhole'. 'rounded' counts those
/// that would be imported with a rounded number. 'error' says why the import would fail. 'earlierImports' is null if the content was not
/// compared with that of earlier imports.
/// </summary>
public sealed record FilePreviewResponse(
    string File,
    long? Size,
    string? Error,
    int Rows,
    bool IsWhole,
    int Rejected,
    int Rounded,
    FileLayoutResponse? Layout,
    IReadOnlyList<string> Notes,
    IReadOnlyList<SeriesPreviewResponse> Series,
    int SeriesNotShown,
    IReadOnlyList<PreviewedBarResponse> FirstBars,
    IReadOnlyList<RejectResponse> FirstRejects,
    IReadOnlyList<ImportResponse>? EarlierImports,
    long? AlreadyImportedBy
)
{
    public static FilePreviewResponse Of(FilePreview file) =>
        new(
            file.File,
            file.Size,
            file.Error,
            file.Rows,
            file.IsWhole,
            file.Rejected,
            file.Rounded,
            file.Layout is { } layout ? FileLayoutResponse.Of(layout) : null,
            file.Notes,
            [.. file.Series.Select(SeriesPreviewResponse.Of)],
            file.SeriesNotShown,
            [.. file.FirstBars.Select(bar => PreviewedBarResponse.Of(bar.Symbol, bar.Timeframe, bar.Bar))],
            [.. file.FirstRejects.Select(RejectResponse.Of)],
            file.Earlier is { } earlier ? [.. earlier.Select(ImportResponse.Of)] : null,
            file.AlreadyImportedBy
        );
}

/// <summary>
/// How a file is written. 'timezone' is null if the file has only dates, which name sessions. Fields that the format does not have are
/// null.
/// </summary>
public sealed record FileLayoutResponse(
    string Format,
    string? Compression,
    string? Encoding,
    string? Vendor,
    string? Delimiter,
    bool? HasHeader,
    long? FirstLine,
    IReadOnlyList<FileColumnResponse> Columns,
    FindingResponse? Symbol,
    FindingResponse? Timeframe,
    FindingResponse? Timezone,
    FindingResponse? DateFormat,
    string? DecimalPoint,
    bool? NewestFirst
)
{
    public static FileLayoutResponse Of(FileLayout layout) =>
        new(
            layout.Format,
            layout.Compression,
            layout.Encoding,
            layout.Vendor,
            layout.Delimiter,
            layout.HasHeader,
            layout.FirstLine,
            [.. layout.Columns.Select(column => new FileColumnResponse(column.Number, column.Name, column.Field))],
            FindingResponse.Of(layout.Symbol),
            FindingResponse.Of(layout.Timeframe),
            FindingResponse.Of(layout.TimeZone),
            FindingResponse.Of(layout.DateFormat),
            layout.DecimalPoint,
            layout.NewestFirst
        );
}

/// <summary>A column, and the field of the bar that it is read as; null if it is ignored.</summary>
public sealed record FileColumnResponse(int Number, string? Name, string? Field);

/// <summary>
/// Something known about a file. 'from' is option, column, file_name, detected (from the first rows) or default. The value is null if each
/// row has its own.
/// </summary>
public sealed record FindingResponse(string? Value, string From)
{
    public static FindingResponse? Of(Finding? finding) => finding is null ? null : new(finding.Value, EnumText.Of(finding.From));
}

/// <summary>
/// What would happen to the bars of one symbol and timeframe: new ones are inserted, those that were rolled up from finer ones are
/// replaced, equal ones stay, and 'onConflict' decides about differing ones.
/// </summary>
public sealed record SeriesPreviewResponse(
    string Symbol,
    string Timeframe,
    PreviewedTickerResponse Ticker,
    int Bars,
    int Duplicates,
    int New,
    int Equal,
    int RolledUp,
    int Differing,
    string OnConflict,
    IReadOnlyList<BarDifferenceResponse> FirstDifferences
)
{
    public static SeriesPreviewResponse Of(SeriesPreview series) =>
        new(
            series.Symbol.Value,
            series.Timeframe.Name,
            new(series.Ticker.Exists, series.Ticker.AssetType, series.Ticker.TimeZone, series.Ticker.AllowsNegative),
            series.Bars,
            series.Duplicates,
            series.New,
            series.Equal,
            series.RolledUp,
            series.Differing,
            EnumText.Of(series.Policy),
            [
                .. series.FirstDifferences.Select(difference => new BarDifferenceResponse(
                    PreviewedBarResponse.Of(series.Symbol, series.Timeframe, difference.Stored),
                    PreviewedBarResponse.Of(series.Symbol, series.Timeframe, difference.File)
                )),
            ]
        );
}

/// <summary>A ticker as it is, or as the import would add it.</summary>
public sealed record PreviewedTickerResponse(bool Exists, string AssetType, string Timezone, bool AllowsNegative);

/// <summary>A bar as it is stored and as the file has it.</summary>
public sealed record BarDifferenceResponse(PreviewedBarResponse Stored, PreviewedBarResponse File);

/// <summary>A bar. The timestamp of a daily bar is its session date at midnight.</summary>
public sealed record PreviewedBarResponse(
    string Symbol,
    string Timeframe,
    DateTimeOffset Timestamp,
    decimal Open,
    decimal High,
    decimal Low,
    decimal Close,
    decimal Volume,
    int? TradeCount,
    decimal? Vwap
)
{
    public static PreviewedBarResponse Of(Symbol symbol, Timeframe timeframe, in IncomingBar bar) =>
        new(
            symbol.Value,
            timeframe.Name,
            bar.Timestamp,
            BarRow.ToDecimal(bar.Open),
            BarRow.ToDecimal(bar.High),
            BarRow.ToDecimal(bar.Low),
            BarRow.ToDecimal(bar.Close),
            BarRow.ToDecimal(bar.Volume),
            bar.TradeCount == IncomingBar.Unknown ? null : bar.TradeCount,
            bar.Vwap == 0 ? null : BarRow.ToDecimal(bar.Vwap)
        );
}
