using Xunit;

namespace Linkerd.Tcp.Tests;

/// <summary>For tests that measure the whole process, and so run while no other does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "Alone";
}
