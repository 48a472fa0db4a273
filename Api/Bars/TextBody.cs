using System.IO.Pipelines;
using Wyckoff.Bars.Reading;
using Wyckoff.Primitives;

namespace Wyckoff.Api.Bars;

/// <summary>Bars as text, row by row.</summary>
internal sealed class TextBody(BarQuery query, PipeWriter output, Symbol symbol, bool named) : BarBody(query.Count)
{
    private const int Enough = 32 * 1024;

    private readonly BarFormat _format = query.Format;
    private readonly BarText _text =
        query.Format == BarFormat.Csv
            ? BarText.Csv(query.Fields, query.Fill != GapFill.None, query.Period.IsOfDates, query.Zone, named ? symbol.Value : null)
            : BarText.Json(
                query.Fields,
                query.Fill != GapFill.None,
                query.Period.IsOfDates,
                query.Zone,
                named && query.Format == BarFormat.Ndjson ? symbol.Value : null
            );

    private int _unflushed;

    public override void Begin(long version)
    {
        if (_format == BarFormat.Json)
        {
            Text(output, Head(symbol.Value, query.Period, version) + "\"bars\":[");
        }
        else if (_format == BarFormat.Csv && !named)
        {
            Text(output, BarText.CsvHeader(query.Fields, query.Fill != GapFill.None, symbol: false));
        }
    }

    public override ValueTask EndAsync(string? next, CancellationToken cancellationToken)
    {
        if (_format == BarFormat.Json)
        {
            Text(output, "]," + Tail(Count, next));
        }

        return ValueTask.CompletedTask;
    }

    public override async ValueTask<bool> FlushAsync(CancellationToken cancellationToken)
    {
        if (_unflushed < Enough)
        {
            return true;
        }

        _unflushed = 0;
        return await output.FlushAsync(cancellationToken) is { IsCompleted: false, IsCanceled: false };
    }

    protected override void Write(in BarRow row)
    {
        var span = output.GetSpan(BarText.Longest + 1);
        var length = 0;
        if (_format == BarFormat.Json && Count > 1)
        {
            span[length++] = (byte)',';
        }

        length += _text.Write(span[length..], row);
        if (_format == BarFormat.Ndjson)
        {
            span[length++] = (byte)'\n';
        }

        output.Advance(length);
        _unflushed += length;
    }
}
