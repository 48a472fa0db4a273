using System.IO.Pipelines;
using Wyckoff.Bars.Reading;
using Wyckoff.Primitives;

namespace Wyckoff.Api.Bars;

/// <summary>Writes bars as JSON or NDJSON, with an object per bar.</summary>
internal sealed class TextBody(BarQuery query, PipeWriter output, Symbol symbol, bool named) : BarBody(query.Count)
{
    private const int FlushSize = 32 * 1024;

    private readonly bool _isNdjson = query.Format == BarFormat.Ndjson;
    private readonly BarText _text = BarText.Json(
        query.Fields,
        query.Fill != GapFill.None,
        query.Period.IsOfDates,
        query.Zone,
        named && query.Format == BarFormat.Ndjson ? symbol.Value : null
    );

    private int _unflushed;

    public override void Begin(long version)
    {
        if (!_isNdjson)
        {
            Text(output, Head(symbol.Value, query.Period, version) + "\"bars\":[");
        }
    }

    public override ValueTask EndAsync(string? next, CancellationToken cancellationToken)
    {
        if (!_isNdjson)
        {
            Text(output, "]," + Tail(Count, next));
        }

        return ValueTask.CompletedTask;
    }

    public override async ValueTask<bool> FlushAsync(CancellationToken cancellationToken)
    {
        if (_unflushed < FlushSize)
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
        if (!_isNdjson && Count > 1)
        {
            span[length++] = (byte)',';
        }

        length += _text.Write(span[length..], row);
        if (_isNdjson)
        {
            span[length++] = (byte)'\n';
        }

        output.Advance(length);
        _unflushed += length;
    }
}
