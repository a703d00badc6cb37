// The shortest script: its body is the call. It finds the call in `fastagi`, and in `agi`, which is the same.
fastagi.verbose('cool, the FastAGI server has been called!');
fastagi.setVariable('test', '1111');
