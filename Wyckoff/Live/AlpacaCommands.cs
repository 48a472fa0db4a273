using System.Buffers;
using System.Text.Json;

namespace Wyckoff.Live;

/// <summary>Builds the messages that are sent to the server.</summary>
internal static class AlpacaCommands
{
    // The server limits the size of a message, and a few thousand symbols exceed it.
    private const int MaxPerMessage = 400;

    public static ReadOnlyMemory<byte> Authenticate(string key, string secret) =>
        Write(json =>
        {
            json.WriteString("action", "auth");
            json.WriteString("key", key);
            json.WriteString("secret", secret);
        });

    public static IEnumerable<ReadOnlyMemory<byte>> Subscribe(IReadOnlyCollection<LiveSubscription> subscriptions) =>
        subscriptions.Chunk(MaxPerMessage).Select(chunk => Change("subscribe", chunk));

    public static IEnumerable<ReadOnlyMemory<byte>> Unsubscribe(IReadOnlyCollection<LiveSubscription> subscriptions) =>
        subscriptions.Chunk(MaxPerMessage).Select(chunk => Change("unsubscribe", chunk));

    private static ReadOnlyMemory<byte> Change(string action, LiveSubscription[] subscriptions) =>
        Write(json =>
        {
            json.WriteString("action", action);
            foreach (
                var channel in subscriptions
                    .SelectMany(subscription =>
                        AlpacaSubscription.Channels(subscription).Select(channel => (Channel: channel, subscription.Ticker.Symbol))
                    )
                    .GroupBy(pair => pair.Channel, pair => pair.Symbol, StringComparer.Ordinal)
            )
            {
                json.WriteStartArray(channel.Key);
                foreach (var symbol in channel)
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
