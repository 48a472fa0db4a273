using System.Buffers;
using System.Text.Json;

namespace Wyckoff.Live;

/// <summary>What we say to the server.</summary>
internal static class AlpacaCommands
{
    // A few thousand symbols in one message would be more than the server reads at once.
    private const int FeedsPerMessage = 400;

    public static ReadOnlyMemory<byte> Authenticate(string key, string secret) =>
        Write(json =>
        {
            json.WriteString("action", "auth");
            json.WriteString("key", key);
            json.WriteString("secret", secret);
        });

    public static IEnumerable<ReadOnlyMemory<byte>> Subscribe(IReadOnlyCollection<LiveSubscription> feeds) =>
        feeds.Chunk(FeedsPerMessage).Select(chunk => Change("subscribe", chunk));

    public static IEnumerable<ReadOnlyMemory<byte>> Unsubscribe(IReadOnlyCollection<LiveSubscription> feeds) =>
        feeds.Chunk(FeedsPerMessage).Select(chunk => Change("unsubscribe", chunk));

    private static ReadOnlyMemory<byte> Change(string action, LiveSubscription[] feeds) =>
        Write(json =>
        {
            json.WriteString("action", action);
            foreach (
                var list in feeds
                    .SelectMany(feed => AlpacaSubscription.Lists(feed).Select(list => (List: list, feed.Ticker.Symbol)))
                    .GroupBy(pair => pair.List, pair => pair.Symbol, StringComparer.Ordinal)
            )
            {
                json.WriteStartArray(list.Key);
                foreach (var symbol in list)
                {
                    json.WriteStringValue(symbol.Value);
                }

                json.WriteEndArray();
            }
        });

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> fields)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        fields(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
