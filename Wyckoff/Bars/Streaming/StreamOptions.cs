using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Bars.Streaming;

/// <summary>How changes of bars are passed on: section <c>Wyckoff:Streams</c>.</summary>
public sealed class StreamOptions
{
    public const string Section = "Wyckoff:Streams";

    /// <summary>Streams that this process has open at the same time; whoever comes then is told to come back later.</summary>
    [Range(1, 100_000, ErrorMessage = Section + ":MaxReaders is a whole number from 1 to 100000.")]
    public int MaxReaders { get; set; } = 5000;

    /// <summary>After so long without an event a comment is sent, so that nobody between takes the connection for dead.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00", ErrorMessage = Section + ":Heartbeat is a time span from 00:00:00.1 to 00:10:00.")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>A reader whose connection takes nothing for so long, although there is something to send, is dropped.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00", ErrorMessage = Section + ":Patience is a time span from 00:00:00.1 to 00:10:00.")]
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>After how long a client connects again; the stream tells it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00", ErrorMessage = Section + ":Retry is a time span from 00:00:00.1 to 00:10:00.")]
    public TimeSpan Retry { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often the database is asked for versions that Redis did not tell of.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00", ErrorMessage = Section + ":Poll is a time span from 00:00:00.1 to 00:10:00.")]
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The same while Redis is away, or turned out not to tell of everything.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00", ErrorMessage = Section + ":PollAlone is a time span from 00:00:00.1 to 00:10:00.")]
    public TimeSpan PollAlone { get; set; } = TimeSpan.FromSeconds(1);
}
