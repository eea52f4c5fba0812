using SchemaHub.Infrastructure.Seals;

namespace SchemaHub.Infrastructure.Specs.Seals;

[TestFixture(SealTree.Log)]
[TestFixture(SealTree.Heads)]
public class MerkleTreeSpec(SealTree tree)
{
    // The leaves and hashes that implementations of RFC 6962 and RFC 9162 publish as their test vectors.
    private static readonly string[] Entries =
    [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];

    private static readonly string[] Roots =
    [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    [Test]
    public void The_published_vectors_come_out()
    {
        var leaves = Entries.Select(entry => MerkleHash.Leaf(Convert.FromHexString(entry))).ToArray();
        var tiles = new MemoryTiles(tree);
        tiles.Append(leaves);

        for (var size = 0; size <= 8; size++)
            Hex(tiles.Tree(size).Root()).ShouldBe(Roots[size]);

        var grown = tiles.Tree(8);
        grown
            .Inclusion(0)
            .Select(Hex)
            .ShouldBe([
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ]);
        grown
            .Consistency(6)
            .Select(Hex)
            .ShouldBe([
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]);
    }

    [Test]
    public void Every_size_up_to_130_equals_the_definition()
    {
        var leaves = Leaves(130);
        var tiles = new MemoryTiles(tree);
        tiles.Append(leaves);

        for (var size = 0; size <= 130; size++)
            AssertEqualsDefinition(leaves.AsSpan(0, size), tiles, Enumerable.Range(0, size));
    }

    [Test]
    public void Large_trees_equal_the_definition_however_they_grew([Values(1, 2, 3)] int seed)
    {
        var random = new Random(seed);
        var leaves = Leaves(random.Next(4_000, 9_000));
        var tiles = new MemoryTiles(tree);
        for (var size = 0; size < leaves.Length; )
        {
            var step = Math.Min(leaves.Length - size, random.Next(1, 300));
            tiles.Append(leaves[size..(size + step)]);
            size += step;
        }

        foreach (
            var size in new[] { 4096, leaves.Length, random.Next(2, leaves.Length) }.Where(s => s <= leaves.Length)
        )
            AssertEqualsDefinition(
                leaves.AsSpan(0, size),
                tiles,
                Enumerable.Range(0, 8).Select(_ => random.Next(size))
            );
    }

    [Test]
    public void A_replaced_leaf_changes_the_tree_as_if_it_had_always_been_there([Values(1, 2, 3)] int seed)
    {
        var random = new Random(seed);
        var leaves = Leaves(random.Next(4_000, 9_000));
        var tiles = new MemoryTiles(tree);
        tiles.Append(leaves);

        var positions = Enumerable.Range(0, 40).Select(_ => random.Next(leaves.Length)).Distinct().Order().ToArray();
        foreach (var position in positions)
            leaves[position] = MerkleHash.Leaf([9, (byte)position]);
        tiles.Edit([.. positions.Select(position => ((long)position, leaves[position]))]);

        tiles.Tree(leaves.Length).Root().ShouldBe(NaiveMerkleTree.Root(leaves));
    }

    [Test]
    public void A_proof_proves_nothing_else()
    {
        var leaves = Leaves(40);
        var tiles = new MemoryTiles(tree);
        tiles.Append(leaves);
        for (var size = 2; size <= 40; size++)
        {
            var grown = tiles.Tree(size);
            var (root, position) = (grown.Root(), size / 2);
            var proof = grown.Inclusion(position);
            MerkleProof.Includes(leaves[position], position + 1, size, proof, root).ShouldBeFalse();
            MerkleProof.Includes(leaves[position], -1, size, proof, root).ShouldBeFalse();
            MerkleProof.Includes(leaves[position - 1], position, size, proof, root).ShouldBeFalse();
            MerkleProof.Includes(leaves[position], position, size, [.. proof.Skip(1)], root).ShouldBeFalse();
            MerkleProof.Includes(leaves[position], position, size, [.. proof, root], root).ShouldBeFalse();

            var earlier = tiles.Tree(position).Root();
            var consistency = grown.Consistency(position);
            MerkleProof.IsConsistent(position, earlier, size, earlier, consistency).ShouldBeFalse();
            MerkleProof.IsConsistent(position, root, size, root, consistency).ShouldBeFalse();
            MerkleProof.IsConsistent(position, earlier, size, root, [.. consistency.Skip(1)]).ShouldBeFalse();
            MerkleProof.IsConsistent(position, earlier, size, root, [.. consistency, root]).ShouldBeFalse();
            MerkleProof.IsConsistent(size, earlier, position, root, consistency).ShouldBeFalse();
        }
    }

    private static void AssertEqualsDefinition(ReadOnlySpan<byte[]> leaves, MemoryTiles tiles, IEnumerable<int> places)
    {
        var grown = tiles.Tree(leaves.Length);
        var root = NaiveMerkleTree.Root(leaves);
        grown.Root().ShouldBe(root);
        foreach (var place in places)
        {
            var inclusion = grown.Inclusion(place);
            inclusion.ShouldBe(NaiveMerkleTree.Path(place, leaves));
            MerkleProof.Includes(leaves[place], place, leaves.Length, inclusion, root).ShouldBeTrue();

            var earlier = place + 1;
            var consistency = grown.Consistency(earlier);
            consistency.ShouldBe(NaiveMerkleTree.Proof(earlier, leaves));
            MerkleProof
                .IsConsistent(earlier, NaiveMerkleTree.Root(leaves[..earlier]), leaves.Length, root, consistency)
                .ShouldBeTrue();
        }
    }

    private static byte[][] Leaves(int count) =>
        [.. Enumerable.Range(0, count).Select(i => MerkleHash.Leaf(BitConverter.GetBytes(i)))];

    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash);
}
