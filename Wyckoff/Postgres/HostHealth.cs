using System.Text.Json.Serialization;

namespace Wyckoff.Postgres;

/// <summary>What a database server is at the moment, or that it does not answer.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HostState>))]
public enum HostState
{
    Away,
    Primary,
    Standby,
}

/// <summary>One of several database servers; of a standby, how far its replay is behind what the primary has written.</summary>
public sealed record HostHealth(
    [property: JsonPropertyName("state")] HostState State,
    [property: JsonPropertyName("lagBytes"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? LagBytes,
    [property: JsonPropertyName("lagSeconds"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? LagSeconds
);
