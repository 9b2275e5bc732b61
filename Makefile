# make demo    build everything that is missing and serve the page on localhost (PORT=8080 picks the port)
# make test    all tests: native, WebAssembly in Node and in Chromium, the npm package, the page in Chromium
# make check   formatting, lints, types, documentation, size budgets
# make bench   speed of products and training steps in Chromium and Node, as shares of the peak
# make accuracy  long runs, each with a goal, natively and in Chromium: half an hour
# make docs    the reference of the npm package into target/api, of the crate into target/doc; warnings are errors
# make release-dry-run   packs both packages, checks what would be published, publishes nothing
# make wasm    WebAssembly into www/lib/pkg
# make page    the page into www/app/dist
# make tools   install what any of these needs; what is there is left alone

.PHONY: demo test check bench accuracy docs release-dry-run wasm page tools

demo: page
	@node tools/serve.mjs $(if $(PORT),--port $(PORT))

test:
	@tools/install.sh test
	@tools/run.sh node tools/test.mjs

check:
	@tools/install.sh build
	@tools/check.sh

bench:
	@tools/install.sh test
	@tools/run.sh node tools/bench.mjs

accuracy:
	@tools/install.sh test
	@tools/run.sh node tools/accuracy.mjs

docs: wasm
	@tools/docs.sh

release-dry-run: wasm
	@tools/release.sh

wasm:
	@tools/install.sh build
	@tools/wasm.sh

page: wasm
	@tools/run.sh npm run build --prefix www

tools:
	@tools/install.sh test
