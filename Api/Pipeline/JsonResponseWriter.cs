using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Wyckoff.Api.Pipeline;

/// <summary>
/// A JSON answer that goes out while it is written. Until the first part of it has gone, it can be begun anew or given up for another answer; once it has, whatever goes wrong breaks the
/// connection, so that nobody takes what he has for all there is.
/// </summary>
public sealed class JsonResponseWriter(HttpResponse response)
{
    private const int Part = 32 * 1024;

    // It is JSON, and no part of a page: only what JSON itself says has to be escaped.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _buffer = new(2 * Part);

    public Utf8JsonWriter Writer => field ??= new(_buffer, Options);

    /// <summary>Forgets what was written.</summary>
    public void Restart()
    {
        if (response.HasStarted)
        {
            throw new InvalidOperationException("A part of the answer has gone already.");
        }

        _buffer.ResetWrittenCount();
        Writer.Reset(_buffer);
    }

    /// <summary>Sends what was written, if it is enough to be worth it.</summary>
    public ValueTask SendFullAsync(CancellationToken cancellationToken) =>
        Writer.BytesPending + _buffer.WrittenCount < Part ? ValueTask.CompletedTask : SendAsync(cancellationToken);

    public async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        await Writer.FlushAsync(cancellationToken);
        if (!response.HasStarted)
        {
            response.ContentType = "application/json; charset=utf-8";
        }

        await response.BodyWriter.WriteAsync(_buffer.WrittenMemory, cancellationToken);
        _buffer.ResetWrittenCount();
    }
}
