namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Tests that load the machine: they run one by one, with nothing beside them. Also <c>[Trait("Category", "Heavy")]</c>.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class HeavyLoad
{
    public const string Name = "Heavy";
}
