namespace Wyckoff.Api;

/// <summary>Identifies this assembly in tests, where <c>Program</c> would be ambiguous.</summary>
public sealed class ApiAssembly;
