using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace Wyckoff.Tests.Api.Streams;

/// <summary>A server-sent event with its JSON data.</summary>
internal sealed record StreamEvent(string Name, string? Id, JsonElement Data)
{
    public string Symbol => Data.GetProperty("symbol").GetString()!;

    public long Version => Data.GetProperty("version").GetInt64();

    public IEnumerable<JsonElement> Bars => Data.GetProperty("bars").EnumerateArray();
}

/// <summary>A client that reads server-sent events one by one, as the specification defines them.</summary>
internal sealed class EventClient : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly CountingStream _stream;
    private readonly IAsyncEnumerator<SseItem<string>> _events;
    private readonly SseParser<string> _parser;

    private EventClient(HttpResponseMessage response, Stream stream)
    {
        (_response, _stream) = (response, new(stream));
        _parser = SseParser.Create(_stream);
        _events = _parser.EnumerateAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator();
    }

    public string LastEventId => _parser.LastEventId;

    public TimeSpan Retry => _parser.ReconnectionInterval;

    public static async Task<EventClient> OpenAsync(HttpClient client, string path, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        var token = TestContext.Current.CancellationToken;
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token).WaitAsync(Eventually.Bound, token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new(response, await response.Content.ReadAsStreamAsync(token));
    }

    /// <summary>Reads the next event; null at the end of the stream.</summary>
    public async Task<StreamEvent?> ReadAsync()
    {
        if (!await _events.MoveNextAsync().AsTask().WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken))
        {
            return null;
        }

        var item = _events.Current;
        return new(item.EventType, item.EventId, JsonDocument.Parse(item.Data).RootElement);
    }

    /// <summary>Reads the next event, which must have the given name.</summary>
    public async Task<StreamEvent> NextAsync(string name)
    {
        var next = await ReadAsync();
        Assert.Equal(name, next?.Name);
        return next!;
    }

    /// <summary>
    /// Waits until <paramref name="count"/> more heartbeats were received. They are received only while the test also reads the next event.
    /// </summary>
    public Task HeartbeatsAsync(int count)
    {
        var until = _stream.Received + (count * ":\n\n".Length);
        return Eventually.HoldsAsync(() => _stream.Received >= until);
    }

    public async ValueTask DisposeAsync()
    {
        // The response comes first, because otherwise the enumerator would wait for the end of the stream.
        _response.Dispose();
        try
        {
            await _events.DisposeAsync();
        }
        catch (Exception e) when (e is NotSupportedException or IOException)
        {
            // A read that the test no longer waits for is still in progress.
        }
    }

    /// <summary>Counts the bytes read.</summary>
    private sealed class CountingStream(Stream stream) : Stream
    {
        private long _received;

        public long Received => Volatile.Read(ref _received);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await stream.ReadAsync(buffer, cancellationToken);
            Interlocked.Add(ref _received, read);
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
