namespace Wyckoff.Api;

/// <summary>Stands for this program where several are referenced at once and <c>Program</c> would be ambiguous: in tests.</summary>
public sealed class ApiAssembly;
