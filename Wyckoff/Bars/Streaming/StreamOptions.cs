using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Bars.Streaming;

/// <summary>Options of bar streams: section <c>Wyckoff:Streams</c>.</summary>
public sealed class StreamOptions
{
    public const string Section = "Wyckoff:Streams";

    /// <summary>The maximum of open streams in this process. Further requests are answered with 503 and Retry-After.</summary>
    [Range(1, 100_000, ErrorMessage = Section + ":MaxReaders is a whole number from 1 to 100000.")]
    public int MaxReaders { get; set; } = 5000;

    /// <summary>After this time without an event a comment is sent, so that proxies do not close the connection as idle.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00", ErrorMessage = Section + ":Heartbeat is a time span from 00:00:00.1 to 00:10:00.")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>A client that receives nothing for this long although there is something to send is dropped.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00", ErrorMessage = Section + ":Patience is a time span from 00:00:00.1 to 00:10:00.")]
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The reconnection delay that the stream tells its clients.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00", ErrorMessage = Section + ":Retry is a time span from 00:00:00.1 to 00:10:00.")]
    public TimeSpan Retry { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often the database is polled for versions that Redis did not announce.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00", ErrorMessage = Section + ":Poll is a time span from 00:00:00.1 to 00:10:00.")]
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The poll interval while Redis is away, or for a while after it missed a change.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00", ErrorMessage = Section + ":PollAlone is a time span from 00:00:00.1 to 00:10:00.")]
    public TimeSpan PollAlone { get; set; } = TimeSpan.FromSeconds(1);
}
